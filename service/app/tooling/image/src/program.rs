//! What a program must be to run in an image that holds nothing else.

use anyhow::{Context as _, bail, ensure};
use object::elf::{ET_DYN, ET_EXEC, PT_INTERP};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{Architecture, File, Object as _};

/// The architecture of a static executable, by its name in the OCI image specification (Go's `GOARCH`).
///
/// # Errors
/// It is no 64-bit ELF executable, or asks for a dynamic linker, which the image does not have.
pub(crate) fn architecture(program: &[u8]) -> anyhow::Result<&'static str> {
    let file = File::parse(program).context("no executable for Linux (ELF)")?;
    let File::Elf64(elf) = &file else {
        bail!("no 64-bit executable for Linux (ELF)")
    };
    let endian = elf.endian();
    let header = elf.elf_header();
    ensure!(
        matches!(header.e_type(endian), ET_EXEC | ET_DYN),
        "an ELF file, but not an executable"
    );
    let interpreter = elf
        .elf_program_headers()
        .iter()
        .any(|segment| segment.p_type(endian) == PT_INTERP);
    ensure!(
        !interpreter,
        "it is linked dynamically, and the image has no libraries: build it with `-C target-feature=+crt-static` (make image-archive does)"
    );
    match file.architecture() {
        Architecture::X86_64 => Ok("amd64"),
        Architecture::Aarch64 => Ok("arm64"),
        other => bail!("made for {other:?}; images are for x86-64 and AArch64"),
    }
}
