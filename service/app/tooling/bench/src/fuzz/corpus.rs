//! What inputs are made of.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use flate2::read::MultiGzDecoder;

use super::{MAX_INPUT, Reader, mutate};
use crate::random::Random;

/// One in so many inputs is made up instead of taken from a file.
const MADE_UP: usize = 4;

/// A reader's committed files.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// Smallest first.
    files: Vec<Vec<u8>>,
}

impl Corpus {
    /// The files in the folder and those below it. Compressed ones are there a second time, inflated: a change inside a
    /// compressed stream seldom gets past its checksum.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Corpus> {
        let mut files = Vec::new();
        collect(folder, &mut files)
            .with_context(|| format!("the corpus in {}", folder.display()))?;
        ensure!(
            !files.is_empty(),
            "there is no file in the corpus {}",
            folder.display()
        );
        files.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        files.dedup();
        Ok(Corpus { files })
    }

    /// The input of execution `index` under `seed`.
    pub(crate) fn input(&self, reader: &Reader, seed: u64, index: u64) -> Vec<u8> {
        let mut random = Random::at(seed, index);
        let mut input = if random.one_in(MADE_UP) {
            (reader.make_up)(&mut random)
        } else {
            self.file(&mut random).to_vec()
        };
        if !random.one_in(16) {
            // Mostly one or two changes, so that much of an input stays sound.
            let changes = 1 + random.below(8).min(random.below(8)).min(random.below(8));
            for _ in 0..changes {
                mutate::change(
                    &mut input,
                    reader.tokens,
                    self.file(&mut random),
                    &mut random,
                );
            }
        }
        if random.one_in(200) && !input.is_empty() {
            // Small inputs may take what they like; what counts is what a large one of the kind takes.
            input = input.repeat(MAX_INPUT / input.len().max(16));
        }
        input.truncate(MAX_INPUT);
        (reader.finish)(input, &mut random)
    }

    /// Small ones more often: they are read sooner, and a change hits something in them.
    fn file(&self, random: &mut Random) -> &[u8] {
        let at = |random: &mut Random| random.below(self.files.len());
        let smallest = at(random).min(at(random)).min(at(random));
        &self.files[smallest]
    }
}

fn collect(folder: &Path, files: &mut Vec<Vec<u8>>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        let mut inflated = Vec::new();
        let mut inflater = MultiGzDecoder::new(&bytes[..]).take(MAX_INPUT as u64);
        if inflater.read_to_end(&mut inflated).is_ok() {
            files.push(inflated);
        }
        files.push(bytes);
    }
    Ok(())
}
