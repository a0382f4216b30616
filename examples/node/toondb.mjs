// Clients of ToonDB's services, made from the .proto files at run time.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const PROTO_DIR = join(dirname(fileURLToPath(import.meta.url)), "../../grpc/proto");
const FILES = ["kv", "collection", "graph", "namespace", "engine"].map((name) => `toondb/v1/${name}.proto`);
const CALL_MS = 10_000;

const definition = loader.loadSync(FILES, {
  includeDirs: [PROTO_DIR],
  keepCase: true, // names as in the .proto files
  longs: String, // 64 bits do not fit into a number
  enums: String,
  defaults: true,
  oneofs: true,
});
const { v1 } = grpc.loadPackageDefinition(definition).toondb;

// Connects to a server; gives one client for each service, and close().
export function connect(address, { token, ca } = {}) {
  const transport = ca ? grpc.credentials.createSsl(readFileSync(ca)) : grpc.credentials.createInsecure();
  // The largest answer of the server; the library's own bound is 4 MiB.
  const options = { "grpc.max_receive_message_length": 64 << 20 };
  const metadata = () => {
    const headers = new grpc.Metadata();
    if (token) headers.set("authorization", `Bearer ${token}`);
    return headers;
  };
  const clients = [];
  const service = (name) => {
    const client = new v1[name](address, transport, options);
    clients.push(client);
    const methods = {};
    for (const [method, { responseStream }] of Object.entries(v1[name].service)) {
      const call = client[method].bind(client);
      if (responseStream) {
        // A stream is a Readable, so that `for await` goes through it.
        methods[method] = (request) => call(request, metadata());
      } else {
        const later = promisify(call);
        methods[method] = (request) => later(request, metadata(), { deadline: Date.now() + CALL_MS });
      }
    }
    return methods;
  };
  return {
    kv: service("KvService"),
    collections: service("CollectionService"),
    graph: service("GraphService"),
    namespaces: service("NamespaceService"),
    engine: service("EngineService"),
    close: () => clients.forEach((client) => client.close()),
  };
}

// ToonDB's own error code, as its name, from the details of a status; undefined if it has none. The details are a
// google.rpc.Status that holds a google.rpc.ErrorInfo, whose first field is the name.
export function errorName(error) {
  const details = error.metadata?.get("grpc-status-details-bin")[0];
  return details?.toString("latin1").match(/google\.rpc\.ErrorInfo\x12.\n.([A-Za-z]+)\x12\x06toondb/s)?.[1];
}
