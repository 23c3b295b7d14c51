//! The unwind tables that every object carries.

use gimli::{
    BaseAddresses, EhFrame, EhFrameHdr, EndianSlice, FrameDescriptionEntry, LittleEndian, Register,
    UnwindContext, UnwindSection, UnwindTableRow,
};

use super::maps::Image;

/// An object's unwind tables.
pub(crate) struct Tables {
    bias: u64,
    bases: BaseAddresses,
    /// Finds entries of `frames` by address.
    index: Vec<u8>,
    frames: Vec<u8>,
}

impl Tables {
    pub(crate) fn read(image: &dyn Image) -> Option<Self> {
        let (index_address, index) = image.section(".eh_frame_hdr")?;
        let (frames_address, frames) = image.section(".eh_frame")?;
        Some(Self {
            bias: image.bias(),
            bases: BaseAddresses::default()
                .set_eh_frame_hdr(index_address)
                .set_eh_frame(frames_address),
            index,
            frames,
        })
    }

    /// Where the function that is at an address in memory starts in the object.
    pub(crate) fn function_start(&self, pc: u64) -> Option<u64> {
        let address = pc.wrapping_sub(self.bias);
        let entry = self.entry(&self.frames(), address)?;
        entry.contains(address).then(|| entry.initial_address())
    }

    /// Hands the row for an address in memory to `use_it`, with the register that returns are made by.
    pub(crate) fn with_row<T>(
        &self,
        pc: u64,
        use_it: impl FnOnce(Register, &UnwindTableRow<usize>) -> Option<T>,
    ) -> Option<T> {
        let address = pc.wrapping_sub(self.bias);
        let frames = self.frames();
        let entry = self.entry(&frames, address)?;
        let mut context = UnwindContext::new();
        let row = entry
            .unwind_info_for_address(&frames, &self.bases, &mut context, address)
            .ok()?;
        use_it(entry.cie().return_address_register(), row)
    }

    fn frames(&self) -> EhFrame<Bytes<'_>> {
        EhFrame::new(&self.frames, LittleEndian)
    }

    /// The entry for an address of the object, or for one before it if there is none.
    fn entry<'a>(
        &'a self,
        frames: &EhFrame<Bytes<'a>>,
        address: u64,
    ) -> Option<FrameDescriptionEntry<Bytes<'a>>> {
        let index = EhFrameHdr::new(&self.index, LittleEndian);
        let index = index.parse(&self.bases, size_of::<usize>() as u8).ok()?;
        index
            .table()?
            .fde_for_address(frames, &self.bases, address, EhFrame::cie_from_offset)
            .ok()
    }
}

type Bytes<'a> = EndianSlice<'a, LittleEndian>;
