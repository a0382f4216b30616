//! Compiles the `.proto` files without a system `protoc`.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;
use protox::prost_reflect::prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root.join("toondb/v1"))? {
        files.push(entry?.path());
    }
    files.sort();
    let descriptors = protox::compile(&files, [&root])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("toondb.v1.descriptors"), descriptors.encode_to_vec())?;
    std::fs::write(out.join("answers.rs"), answers(&descriptors))?;
    tonic_prost_build::configure()
        .build_client(false)
        .btree_map(".")
        .codec_path("crate::codec::BoundedCodec")
        .compile_fds(descriptors)?;
    Ok(())
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
