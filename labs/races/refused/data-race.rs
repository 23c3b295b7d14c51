// ANCHOR: data_race
use std::thread;

fn main() {
    let mut stock = 1;
    thread::scope(|shop| {
        shop.spawn(|| stock -= 1);
        shop.spawn(|| stock -= 1);
    });
}
// ANCHOR_END: data_race
