//! `toondb init`: the memory of a project.

use std::error::Error;

use toondb_ipc::project::{self, Worktrees};

use crate::cli::Init;
use crate::output::print;

/// Makes it and says where it is, or says so only.
pub fn init(options: &Init) -> Result<(), Box<dyn Error>> {
    let worktrees = if options.isolated { Worktrees::Isolated } else { Worktrees::Shared };
    let memory = project::init(&options.dir, worktrees)?;
    let shown = std::path::absolute(memory)?;
    Ok(print(format!("{} is the memory of this project ({})\n", shown.display(), worktrees.name()).as_bytes())?)
}
