//! The descriptors against the contract that clients were built with: services, methods, messages, numbers, types.
//!
//! `contract.txt` holds the contract, one item on a line. Beside the repository there may be the document it was taken from;
//! then that is compared too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use toondb_grpc::proto;

const PACKAGE: &str = ".toondb.v1.";
/// Added fields have numbers from here on in messages of the contract.
const ADDED_FROM: i32 = 100;

/// A contract. Methods are `<service>.<method>`, with the texts of their two types.
#[derive(Debug, Default, PartialEq, Eq)]
struct Contract {
    methods: BTreeMap<String, (String, String)>,
    /// By message and number: name and type.
    messages: BTreeMap<String, BTreeMap<i32, (String, String)>>,
    enums: BTreeMap<String, BTreeMap<i32, String>>,
}

impl Contract {
    /// `rpc S.M A B`, `message M name:type=1 ...`, `enum E NAME=0 ...`; spaces inside a type are left out.
    fn compact(text: &str) -> Self {
        let mut contract = Self::default();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split(' ');
            let (kind, name) = (words.next().unwrap(), words.next().unwrap().to_owned());
            match kind {
                "rpc" => {
                    let types = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
                    contract.methods.insert(name, types);
                }
                "message" => {
                    let field = |word: &str| {
                        let (field, number) = word.rsplit_once('=').unwrap();
                        let (field, kind) = field.split_once(':').unwrap();
                        (number.parse().unwrap(), (field.to_owned(), kind.to_owned()))
                    };
                    contract.messages.insert(name, words.map(field).collect());
                }
                "enum" => {
                    let value = |word: &str| {
                        let (value, number) = word.split_once('=').unwrap();
                        (number.parse().unwrap(), value.to_owned())
                    };
                    contract.enums.insert(name, words.map(value).collect());
                }
                other => panic!("{other:?} is no item: {line}"),
            }
        }
        contract
    }

    /// The document's own form: `service S`, below it `  M: A -> B`; `message M: 1 name: type; ...`;
    /// `enum E: 0 NAME, ...`.
    fn document(text: &str) -> Self {
        let mut contract = Self::default();
        let mut service = "";
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(name) = line.strip_prefix("service ") {
                service = name;
                continue;
            }
            let (head, body) = line.split_once(": ").unwrap();
            if let Some(name) = head.strip_prefix("message ") {
                let fields = body.split("; ").filter(|body| *body != "(empty)").map(|field| {
                    let (number, field) = field.split_once(' ').unwrap();
                    let (field, kind) = field.split_once(": ").unwrap();
                    (number.parse().unwrap(), (field.to_owned(), squeeze(kind)))
                });
                contract.messages.insert(name.to_owned(), fields.collect());
            } else if let Some(name) = head.strip_prefix("enum ") {
                let values = body.split(", ").map(|value| {
                    let (number, value) = value.split_once(' ').unwrap();
                    (number.parse().unwrap(), value.to_owned())
                });
                contract.enums.insert(name.to_owned(), values.collect());
            } else {
                let (request, response) = body.split_once(" -> ").unwrap();
                contract.methods.insert(format!("{service}.{head}"), (squeeze(request), squeeze(response)));
            }
        }
        contract
    }

    fn descriptors() -> Self {
        let set = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
        let mut contract = Self::default();
        for file in &set.file {
            assert_eq!((file.package(), file.syntax()), ("toondb.v1", "proto3"), "{}", file.name());
            for service in &file.service {
                for method in &service.method {
                    let name = format!("{}.{}", service.name(), method.name());
                    let request = streamed(method.client_streaming(), method.input_type());
                    let response = streamed(method.server_streaming(), method.output_type());
                    contract.methods.insert(name, (request, response));
                }
            }
            file.message_type.iter().for_each(|message| contract.add_message("", message));
            file.enum_type.iter().for_each(|given| contract.add_enum("", given));
        }
        contract
    }

    fn add_message(&mut self, prefix: &str, message: &DescriptorProto) {
        let name = format!("{prefix}{}", message.name());
        let fields =
            message.field.iter().map(|field| (field.number(), (field.name().to_owned(), kind(field, message))));
        self.messages.insert(name.clone(), fields.collect());
        let below = format!("{name}.");
        message.enum_type.iter().for_each(|given| self.add_enum(&below, given));
        let is_map = |nested: &&DescriptorProto| nested.options.as_ref().is_some_and(|options| options.map_entry());
        message.nested_type.iter().filter(|nested| !is_map(nested)).for_each(|nested| self.add_message(&below, nested));
    }

    fn add_enum(&mut self, prefix: &str, given: &EnumDescriptorProto) {
        let values = given.value.iter().map(|value| (value.number(), value.name().to_owned()));
        self.enums.insert(format!("{prefix}{}", given.name()), values.collect());
    }

    /// Everything of `self` is in `other` as it is; what is added to its messages and enumerations has numbers that it leaves free.
    fn assert_within(&self, other: &Contract) {
        for (name, types) in &self.methods {
            assert_eq!(other.methods.get(name), Some(types), "{name}");
        }
        for (name, fields) in &self.messages {
            let found = other.messages.get(name).unwrap_or_else(|| panic!("there is no message {name}"));
            for (number, field) in fields {
                assert_eq!(found.get(number), Some(field), "field {number} of {name}");
            }
            let added = found.keys().filter(|number| !fields.contains_key(number));
            added.for_each(|number| assert!(*number >= ADDED_FROM, "field {number} of {name} is an addition"));
        }
        for (name, values) in &self.enums {
            let found = other.enums.get(name).unwrap_or_else(|| panic!("there is no enumeration {name}"));
            for (number, value) in values {
                assert_eq!(found.get(number), Some(value), "value {number} of {name}");
            }
            let added = found.keys().filter(|number| !values.contains_key(number));
            added.for_each(|number| assert!(*number >= ADDED_FROM, "value {number} of {name} is an addition"));
        }
    }
}

fn squeeze(kind: &str) -> String {
    kind.replace("repeated ", "repeated-").replace("stream ", "stream-").replace(' ', "")
}

fn short(name: &str) -> &str {
    name.strip_prefix(PACKAGE).unwrap()
}

fn streamed(is: bool, name: &str) -> String {
    format!("{}{}", if is { "stream-" } else { "" }, short(name))
}

fn kind(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    let single = match field.r#type() {
        Type::Message => {
            let entry = message.nested_type.iter().find(|nested| {
                nested.options.as_ref().is_some_and(|options| options.map_entry())
                    && field.type_name().ends_with(&format!(".{}", nested.name()))
            });
            if let Some(entry) = entry {
                return format!("map<{},{}>", kind(&entry.field[0], entry), kind(&entry.field[1], entry));
            }
            short(field.type_name()).to_owned()
        }
        Type::Enum => short(field.type_name()).rsplit('.').next().unwrap().to_owned(),
        other => other.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    if field.label() == Label::Repeated { format!("repeated-{single}") } else { single }
}

#[test]
fn the_descriptors_hold_the_whole_contract() {
    let contract = Contract::compact(include_str!("contract.txt"));
    assert_eq!((contract.methods.len(), contract.messages.len(), contract.enums.len()), (66, 156, 11));
    contract.assert_within(&Contract::descriptors());
}

#[test]
fn the_kept_contract_is_the_documents() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/toondb-v1-grpc-contract.txt");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    assert_eq!(Contract::document(&text), Contract::compact(include_str!("contract.txt")));
}

/// A packed and an unpacked list are the same to a reader; a signed and a zigzag number are not.
#[test]
fn numbers_of_one_message_are_used_once_and_none_is_reserved_by_protobuf() {
    for (name, fields) in Contract::descriptors().messages {
        let names: BTreeSet<&String> = fields.values().map(|(name, _)| name).collect();
        assert_eq!(names.len(), fields.len(), "{name}");
        assert!(fields.keys().all(|number| *number > 0 && !(19_000..20_000).contains(number)), "{name}");
    }
}
