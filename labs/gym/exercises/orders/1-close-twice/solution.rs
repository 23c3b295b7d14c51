//! Closing time at the counter: whoever closes, and however often, hears what became of the day.

//: solution
use gym::sync::{Mutex, mpsc, watch};
use gym::task;
//: starter
//| use gym::sync::{Mutex, mpsc};
//| use gym::task::{self, JoinHandle};
//: end

/// The shop has closed. Here is the order back.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub u32);

/// A shop with one packer.
pub struct Shop {
    /// Where orders go in, while it is open.
    door: Mutex<Option<mpsc::Sender<u32>>>,
    //: solution
    /// How many the packer has packed, once it has gone home.
    packed: watch::Receiver<Option<usize>>,
    //: starter
    //| /// The packer, who says how many it has packed.
    //| packer: Mutex<Option<JoinHandle<usize>>>,
    //: end
}

impl Shop {
    /// Opens it. What is packed lies on `shelf`.
    pub fn open(shelf: mpsc::Sender<u32>) -> Shop {
        let (door, mut orders) = mpsc::channel(1);
        //: solution
        let (gone_home, packed) = watch::channel(None);
        task::spawn_named("packer", async move {
            let mut count = 0;
            while let Some(order) = orders.recv().await {
                count += usize::from(shelf.send(order).await.is_ok());
            }
            // If nobody wants to know, that is fine.
            let _ = gone_home.send(Some(count));
        });
        Shop {
            door: Mutex::new(Some(door)),
            packed,
        }
        //: starter
        //| let packer = task::spawn_named("packer", async move {
        //|     let mut count = 0;
        //|     while let Some(order) = orders.recv().await {
        //|         count += usize::from(shelf.send(order).await.is_ok());
        //|     }
        //|     count
        //| });
        //| Shop {
        //|     door: Mutex::new(Some(door)),
        //|     packer: Mutex::new(Some(packer)),
        //| }
        //: end
    }

    /// Places an order. Once it is accepted it will be packed; a closed shop gives it back.
    pub async fn place(&self, order: u32) -> Result<(), Closed> {
        //: solution
        let Some(door) = self.door.lock().await.clone() else {
            return Err(Closed(order));
        };
        door.send(order).await.map_err(|refused| Closed(refused.0))
        //: starter
        //| let door = self.door.lock().await.clone();
        //| let door = door.expect("the shop is open");
        //| door.send(order).await.map_err(|refused| Closed(refused.0))
        //: end
    }

    /// Closes it, and returns when all accepted orders are packed: how many that were. Anybody may close, at any time, and
    /// again.
    pub async fn close(&self) -> usize {
        //: solution
        // The packer goes home when the last order is out. It makes no difference who has taken the door away.
        self.door.lock().await.take();
        let mut packed = self.packed.clone();
        let count = packed.wait_for(Option::is_some).await;
        count.ok().and_then(|count| *count).unwrap_or_default()
        //: starter
        //| let door = self.door.lock().await.take();
        //| drop(door.expect("the shop is open"));
        //| let packer = self.packer.lock().await.take();
        //| let packed = packer.expect("the packer is there").await;
        //| packed.expect("the packer does not panic")
        //: end
    }
}
