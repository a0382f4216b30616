// Typed values, as in toondb/v1/common.proto, from what JavaScript has, and back.

export function toValue(value) {
  if (value === null) return { null_value: true };
  if (typeof value === "boolean") return { bool_value: value };
  if (typeof value === "string") return { string_value: value };
  if (typeof value === "bigint") return { int_value: value.toString() };
  if (typeof value === "number") return Number.isSafeInteger(value) ? { int_value: value } : { float_value: value };
  if (Buffer.isBuffer(value)) return { bytes_value: value };
  if (Array.isArray(value)) return { list_value: { items: value.map(toValue) } };
  if (typeof value === "object") return { map_value: { entries: toValues(value) } };
  throw new TypeError(`ToonDB has no type for ${typeof value}`);
}

export function toValues(object) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toValue(value)]));
}

export function fromValue(value) {
  switch (value.kind) {
    case "null_value":
      return null;
    case "int_value": {
      const number = Number(value.int_value);
      return Number.isSafeInteger(number) ? number : BigInt(value.int_value);
    }
    case "list_value":
      return value.list_value.items.map(fromValue);
    case "map_value":
      return fromValues(value.map_value.entries);
    default:
      return value[value.kind];
  }
}

export function fromValues(entries) {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, fromValue(value)]));
}

// The fields of a document or an edge: texts as they are, the others with their types.
export function fieldsOf({ metadata, typed_metadata, properties, typed_properties }) {
  return { ...(metadata ?? properties), ...fromValues(typed_metadata ?? typed_properties) };
}
