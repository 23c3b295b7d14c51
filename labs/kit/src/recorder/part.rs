//! What one thread records, where no other thread waits for it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::record::Words;
use super::{Name, lock};

/// Records are kept in chunks, so that a growing buffer is never copied while a task waits for it. A thread's first is
/// small: a lab may have a thousand threads.
const FIRST: usize = 128;
const CHUNK: usize = 4_096;

/// Everything that one thread has recorded.
pub(super) struct Part {
    /// The thread's name, or empty.
    pub(super) thread: String,
    /// Taken by its own thread once in a chunk, and by whoever ends the recording.
    chunks: Mutex<Vec<Arc<Chunk>>>,
    names: Mutex<Vec<Name>>,
}

impl Part {
    pub(super) fn new(thread: String) -> Self {
        Self {
            thread,
            chunks: Mutex::default(),
            names: Mutex::default(),
        }
    }

    /// Makes room for more records.
    pub(super) fn open_chunk(&self, size: usize) -> Arc<Chunk> {
        let chunk = Arc::new(Chunk::new(size));
        lock(&self.chunks).push(Arc::clone(&chunk));
        chunk
    }

    /// How large the next chunk should be.
    pub(super) fn next_size(&self) -> usize {
        if lock(&self.chunks).is_empty() {
            FIRST
        } else {
            CHUNK
        }
    }

    pub(super) fn name(&self, name: Name) {
        lock(&self.names).push(name);
    }

    pub(super) fn take_names(&self) -> Vec<Name> {
        std::mem::take(&mut *lock(&self.names))
    }

    /// All records, in the order in which they were made; gives the memory back.
    pub(super) fn take_words(&self) -> impl Iterator<Item = Words> + use<> {
        let chunks = std::mem::take(&mut *lock(&self.chunks));
        chunks.into_iter().flat_map(|chunk| {
            (0..chunk.len.load(Ordering::Acquire)).map(move |index| chunk.read(index))
        })
    }
}

/// Records of one thread, which alone writes; another may read at any time what has been written.
///
/// Words and length are atomic so that this needs no lock. On common processors that costs nothing: they are plain
/// stores, in an order that the processor keeps anyway.
pub(super) struct Chunk {
    words: Box<[[AtomicU64; 3]]>,
    len: AtomicUsize,
}

impl Chunk {
    fn new(size: usize) -> Self {
        let empty = || [const { AtomicU64::new(0) }; 3];
        Self {
            words: std::iter::repeat_with(empty).take(size).collect(),
            len: AtomicUsize::new(0),
        }
    }

    /// Adds a record; false if there is no room.
    #[inline]
    pub(super) fn push(&self, words: Words) -> bool {
        let len = self.len.load(Ordering::Relaxed);
        let Some(place) = self.words.get(len) else {
            return false;
        };
        for (place, word) in place.iter().zip(words) {
            place.store(word, Ordering::Relaxed);
        }
        // Whoever sees this length sees the words.
        self.len.store(len + 1, Ordering::Release);
        true
    }

    fn read(&self, index: usize) -> Words {
        let words = &self.words[index];
        std::array::from_fn(|word| words[word].load(Ordering::Relaxed))
    }
}
