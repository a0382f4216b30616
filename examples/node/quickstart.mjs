// ToonDB from Node.js: keys, documents and facts in time, against a server that runs already.
//
//   node quickstart.mjs [address]        the address is localhost:50051 if none is given

import assert from "node:assert/strict";

import { connect, errorName } from "./toondb.mjs";
import { fieldsOf, toValue, toValues } from "./values.mjs";

const NAMESPACE = "node_example";
const MINUTE = 60_000;
const NINE = Date.UTC(2025, 0, 15, 9);

const address = process.argv[2] ?? "localhost:50051";
const db = connect(address, { token: process.env.TOONDB_TOKEN, ca: process.env.TOONDB_CA });
const heading = (text) => console.log(`\n${text}\n${"-".repeat(text.length)}`);
const clock = (time) => (time === "0" ? "open" : new Date(Number(time)).toISOString().slice(11, 16));

async function keys() {
  heading("Keys");
  for (const [key, value] of [["user/1", "Ada"], ["user/2", "Grace"], ["user/3", "Barbara"], ["visits", "17"]]) {
    await db.kv.Put({ namespace: NAMESPACE, key: Buffer.from(key), value: Buffer.from(value) });
  }
  const { found, value } = await db.kv.Get({ namespace: NAMESPACE, key: Buffer.from("user/2") });
  console.log(`user/2 is ${value}`);
  assert(found && value.toString() === "Grace");
  const missing = await db.kv.Get({ namespace: NAMESPACE, key: Buffer.from("user/9") });
  console.log(`user/9: ${missing.error}`);
  assert(!missing.found);
  const names = [];
  for await (const entry of db.kv.Scan({ namespace: NAMESPACE, prefix: Buffer.from("user/") })) {
    names.push(`${entry.key}=${entry.value}`);
  }
  console.log(`all under user/, in order: ${names.join(", ")}`);
  assert.deepEqual(names, ["user/1=Ada", "user/2=Grace", "user/3=Barbara"]);
}

const ARTICLES = [
  ["otter", "Otters hold hands while they sleep.", [0.9, 0.1, 0.0], { year: 2023, topic: "animals", rating: 4.5 }],
  ["seal", "Seals sleep in the water, upright.", [0.8, 0.2, 0.1], { year: 2019, topic: "animals", rating: 3.5 }],
  ["raft", "A raft of logs is easily built.", [0.2, 0.9, 0.1], { year: 2024, topic: "crafts", rating: 4.0 }],
  ["basin", "A river's basin is all that drains into it.", [0.5, 0.5, 0.4], { year: 2024, topic: "rivers", draft: true }],
];

async function documents() {
  heading("Documents, searched by vector and filtered by typed metadata");
  const collection = { collection_name: "articles", namespace: NAMESPACE };
  const created = await db.collections.CreateCollection({ name: "articles", namespace: NAMESPACE, dimension: 3 });
  console.log(`a collection of ${created.collection.metric}`);
  const added = await db.collections.AddDocuments({
    ...collection,
    documents: ARTICLES.map(([id, content, embedding, fields]) => ({
      id,
      content,
      embedding,
      typed_metadata: toValues(fields),
    })),
  });
  assert.equal(added.added_count, ARTICLES.length);
  const query = [1, 0, 0];
  const search = async (title, wanted, request) => {
    const { results } = await db.collections.SearchCollection({ ...collection, query, k: 3, ...request });
    console.log(`${title}:`);
    for (const { document, score } of results) {
      console.log(`  ${score.toFixed(3)}  ${document.id.padEnd(6)} ${JSON.stringify(fieldsOf(document))}`);
    }
    assert.deepEqual(results.map(({ document }) => document.id), wanted);
  };
  await search("nearest", ["otter", "seal", "basin"], {});
  const recent = toValue({ year: { $gte: 2020 }, $or: [{ topic: "animals" }, { draft: true }] });
  await search("since 2020, about animals or a draft", ["otter", "basin"], { typed_filter: recent });
  await search("a filter of texts, as old clients have it", ["otter", "seal"], { filter: { topic: "animals" } });

  const { document } = await db.collections.GetDocument({ ...collection, document_id: "basin" });
  assert.deepEqual(fieldsOf(document), { draft: true, topic: "rivers", year: 2024 });
  try {
    await db.collections.SearchCollection({ ...collection, query: [1, 0] });
    assert.fail("a query of two numbers cannot be answered");
  } catch (error) {
    console.log(`a query of the wrong dimension is ${errorName(error)}: ${error.details}`);
    assert.equal(errorName(error), "InvalidArgument");
  }
}

async function facts() {
  heading("Facts in time");
  const state = (to_id, minute, properties) => ({
    namespace: NAMESPACE,
    from_id: "door",
    edge_type: "STATE",
    to_id,
    valid_from: NINE + minute * MINUTE,
    typed_properties: toValues(properties),
  });
  // Each next state closes the one before it.
  await db.graph.SupersedeTemporalEdge(state("open", 0, { by: "Ada", battery: 0.9 }));
  await db.graph.SupersedeTemporalEdge(state("closed", 20, { by: "Grace" }));
  await db.graph.SupersedeTemporalEdge(state("open", 45, { by: "Ada" }));
  const query = async (request) => {
    const { edges } = await db.graph.QueryTemporalGraph({ namespace: NAMESPACE, node_id: "door", ...request });
    return edges;
  };
  for (const [minute, wanted] of [[10, "open"], [30, "closed"], [50, "open"]]) {
    const [edge] = await query({ mode: "TEMPORAL_QUERY_MODE_POINT_IN_TIME", timestamp: NINE + minute * MINUTE });
    console.log(`at 09:${minute} the door was ${edge.to_id}, by ${fieldsOf(edge).by}`);
    assert.equal(edge.to_id, wanted);
  }
  const hour = await query({
    mode: "TEMPORAL_QUERY_MODE_RANGE",
    start_time: NINE,
    end_time: NINE + 60 * MINUTE,
  });
  hour.sort((one, other) => Number(one.valid_from) - Number(other.valid_from));
  console.log("between 9 and 10:");
  for (const edge of hour) {
    console.log(`  ${clock(edge.valid_from)} to ${clock(edge.valid_until).padEnd(5)}  ${edge.to_id}`);
  }
  assert.deepEqual(hour.map((edge) => clock(edge.valid_until)), ["09:20", "09:45", "open"]);
}

try {
  const { version } = await db.engine.Ping({});
  console.log(`ToonDB ${version} at ${address}`);
  await keys();
  await documents();
  await facts();
  await db.namespaces.DeleteNamespace({ name: NAMESPACE });
  console.log("\nDone; the example's namespace is deleted.");
} catch (error) {
  console.error(error.code === 14 ? `no ToonDB server answers at ${address}: ${error.details}` : error);
  process.exitCode = 1;
} finally {
  db.close();
}
