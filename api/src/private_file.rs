//! Creates files that only their owner may read; the mode is set before anything is written.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Creates a file, or truncates an existing one.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let file = for_owner(OpenOptions::new().write(true).create(true).truncate(true)).open(path)?;
    restrict(&file)?;
    Ok(file)
}

/// Creates a file. Fails if it exists.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let file = for_owner(OpenOptions::new().write(true).create_new(true)).open(path)?;
    restrict(&file)?;
    Ok(file)
}

/// Creates a missing file, or restricts an existing one to its owner. Returns whether others could read it before.
pub(crate) fn ensure(path: &Path) -> io::Result<bool> {
    match create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => tighten(path),
        made => made.map(|_| false),
    }
}

/// Restricts a file to its owner. Returns whether others had any right to it; a missing file is no error.
pub(crate) fn tighten(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(found) if is_shared(&found) => {
            set_mode(path)?;
            Ok(true)
        }
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
mod mode {
    use std::fs::{File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    const OWNER_ONLY: u32 = 0o600;

    pub(super) fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
        options.mode(OWNER_ONLY)
    }

    /// An existing file keeps its mode when it is opened. A pipe or a terminal keeps its own mode.
    pub(super) fn restrict(file: &File) -> io::Result<()> {
        if file.metadata()?.is_file() { file.set_permissions(Permissions::from_mode(OWNER_ONLY)) } else { Ok(()) }
    }

    pub(super) fn is_shared(found: &Metadata) -> bool {
        found.is_file() && found.permissions().mode() & 0o077 != 0
    }

    pub(super) fn set_mode(path: &Path) -> io::Result<()> {
        std::fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY))
    }
}

/// On other systems a file inherits the rights of its directory.
#[cfg(not(unix))]
mod mode {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(super) fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
        options
    }

    pub(super) fn restrict(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn is_shared(_: &Metadata) -> bool {
        false
    }

    pub(super) fn set_mode(_: &Path) -> io::Result<()> {
        Ok(())
    }
}

use mode::{for_owner, is_shared, restrict, set_mode};
