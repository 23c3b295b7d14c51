use std::cell::Cell;
use std::rc::Rc;
use std::thread;

fn main() {
    let stock = Rc::new(Cell::new(1));
    let shelf = Rc::clone(&stock);
    thread::spawn(move || shelf.set(shelf.get() - 1));
    stock.set(stock.get() - 1);
}
