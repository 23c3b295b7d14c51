//! What jemalloc is to prepare before `main`.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_char};

/// Sampling can be switched on (`prof`) but is not (`prof_active`); what has been freed is still counted (`prof_accum`).
const CONF: &CStr = c"prof:true,prof_active:false,prof_accum:true,lg_prof_sample:19";

/// A pointer that can be in a static: what it points to never changes.
#[repr(transparent)]
struct Conf(*const c_char);

// SAFETY: it points to a constant, which any thread may read.
unsafe impl Sync for Conf {}

/// The options that are compiled in. jemalloc has a weak symbol of this name, for programs to put theirs in its place.
// SAFETY: it has the type that jemalloc declares, `const char *`, and points to what it expects, a string that ends with
// a zero byte. Whoever else defines the symbol turns the feature off, or the linker says that there are two.
#[unsafe(export_name = "_rjem_malloc_conf")]
static MALLOC_CONF: Conf = Conf(CONF.as_ptr());
