//! Compiles the `.proto` files without a system `protoc`.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;
use protox::prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use protox::prost_reflect::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, MessageOptions,
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root.join("toondb/v1"))? {
        files.push(entry?.path());
    }
    files.sort();
    let mut descriptors = protox::compile(&files, [&root])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("toondb.v1.descriptors"), descriptors.encode_to_vec())?;
    std::fs::write(out.join("answers.rs"), answers(&descriptors))?;
    keep_order_of_maps(&mut descriptors);
    tonic_prost_build::configure()
        .build_client(false)
        .codec_path("crate::codec::BoundedCodec")
        .compile_fds(descriptors)?;
    Ok(())
}

/// Makes of every map what it is on the wire, a list of entries, because a map of the generated code forgets the order of its
/// fields. All maps of texts share one entry message, and all maps of values another. What clients are told, the descriptors
/// and the `.proto` files, says `map` as before.
fn keep_order_of_maps(descriptors: &mut FileDescriptorSet) {
    for message in descriptors.file.iter_mut().flat_map(|file| &mut file.message_type) {
        list_entries(message);
    }
    let value = FieldDescriptorProto {
        r#type: Some(Type::Message.into()),
        type_name: Some(".toondb.v1.Value".to_owned()),
        ..text_field("value", 2)
    };
    descriptors.file.push(FileDescriptorProto {
        name: Some("toondb/v1/entries.proto".to_owned()),
        package: Some("toondb.v1".to_owned()),
        message_type: vec![entry("TextEntry", text_field("value", 2)), entry("ValueEntry", value)],
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    });
}

/// Turns the map fields of a message, all of which have texts as keys, into lists of the shared entries.
fn list_entries(message: &mut DescriptorProto) {
    message.nested_type.iter_mut().for_each(list_entries);
    for nested in &message.nested_type {
        if !nested.options.as_ref().is_some_and(MessageOptions::map_entry) {
            continue;
        }
        let ending = format!(".{}.{}", message.name(), nested.name());
        let is_of_texts = nested.field.iter().all(|field| field.r#type() == Type::String);
        let shared = if is_of_texts { ".toondb.v1.TextEntry" } else { ".toondb.v1.ValueEntry" };
        for field in message.field.iter_mut().filter(|field| field.type_name().ends_with(&ending)) {
            field.type_name = Some(shared.to_owned());
        }
    }
}

fn entry(name: &str, value: FieldDescriptorProto) -> DescriptorProto {
    DescriptorProto { name: Some(name.to_owned()), field: vec![text_field("key", 1), value], ..Default::default() }
}

fn text_field(name: &str, number: i32) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        json_name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(Type::String.into()),
        ..Default::default()
    }
}

/// One line for `answers!` of `src/rpc.rs` for each message that a unary method of ours returns.
fn answers(descriptors: &FileDescriptorSet) -> String {
    let of_ours = || descriptors.file.iter().filter(|file| file.package() == "toondb.v1");
    let returned: BTreeSet<&str> = of_ours()
        .flat_map(|file| &file.service)
        .flat_map(|service| &service.method)
        .filter(|method| !method.server_streaming())
        .filter_map(|method| method.output_type().strip_prefix(".toondb.v1."))
        .collect();
    let mut lines = String::from("answers! {\n");
    for message in of_ours().flat_map(|file| &file.message_type).filter(|message| returned.contains(message.name())) {
        let has = |name: &str| message.field.iter().any(|field| field.name() == name);
        let kind = if has("error") && has("error_code") { "error" } else { "plain" };
        let timed = if has("duration_us") { "timed" } else { "untimed" };
        lines += &format!("    {kind} {timed}: {};\n", message.name());
    }
    lines + "}\n"
}
