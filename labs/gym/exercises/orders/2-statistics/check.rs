//! What statistics promise to those who read them, and to the shop.

use super::exercise::{Books, Line};
use gym::sync::mpsc;
use gym::{Check, expect, note, task};
use std::sync::Arc;

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("each product, and the total", alone)
        .when_stuck("Nobody else is there, and the statistics are not finished.")
        .case("orders go on while somebody reads", slow_reader)
        .when_stuck(
            "The reader has read one line and takes its time. Until it reads on, no order is taken: the lock is held while the page \
             is written.",
        )
        .case("the page is of one moment", one_moment)
        .when_stuck("An order and the statistics wait for each other.")
}

/// Statistics under way, and what they write.
fn written(books: &Arc<Books>, room: usize) -> mpsc::Receiver<Line> {
    let (page, lines) = mpsc::channel(room);
    let books = Arc::clone(books);
    task::spawn_named("clerk", async move { books.statistics(page).await });
    lines
}

async fn all(mut lines: mpsc::Receiver<Line>) -> Vec<Line> {
    let mut page = Vec::new();
    while let Some(line) = lines.recv().await {
        page.push(line);
    }
    page
}

async fn alone() {
    let books = Arc::new(Books::new(2));
    books.take(&[(0, 2)]).await;
    books.take(&[(0, 1), (1, 4)]).await;
    let page = all(written(&books, 3)).await;
    expect(
        page == [Line::Product(0, 3), Line::Product(1, 4), Line::Total(7)],
        "3 of product 0, 4 of product 1, 7 in all",
        || format!("{page:?}"),
        "That is what was ordered.",
    );
}

async fn slow_reader() {
    let books = Arc::new(Books::new(3));
    let mut lines = written(&books, 1);
    let first = lines.recv().await;
    note("has read one line, and takes its time");
    books.take(&[(0, 1), (2, 1)]).await;
    note("an order is taken");
    let rest = all(lines).await;
    expect(
        first == Some(Line::Product(0, 0)) && rest.last() == Some(&Line::Total(0)),
        "0 of all products: the page was begun before the order came",
        || format!("{first:?}, then {rest:?}"),
        "Lines of different moments don't add up. The page shows the books as they were when it was begun.",
    );
    let page = all(written(&books, 4)).await;
    expect(
        page.last() == Some(&Line::Total(2)),
        "the next statistics have the order: 2 pieces in all",
        || format!("{page:?}"),
        "The order was taken while the page was written, and has been lost.",
    );
}

async fn one_moment() {
    let books = Arc::new(Books::new(2));
    let shop = Arc::clone(&books);
    // Each order is a cup and its saucer.
    let shopper = task::spawn_named("shopper", async move {
        for _ in 0..2 {
            shop.take(&[(0, 1), (1, 1)]).await;
        }
    });
    let page = all(written(&books, 3)).await;
    let [
        Line::Product(0, cups),
        Line::Product(1, saucers),
        Line::Total(total),
    ] = page[..]
    else {
        return expect(
            false,
            "two products and the total",
            || format!("{page:?}"),
            "That is the form of the page.",
        );
    };
    expect(
        cups == saucers,
        "as many cups as saucers",
        || format!("{cups} and {saucers}"),
        "They are sold together. A cup without its saucer was never in the books: the two lines were read at different moments.",
    );
    expect(
        total == cups + saucers,
        "the total of the lines above it",
        || format!("{cups} + {saucers}, and {total} in all"),
        "The page does not add up: the total is kept apart from what it is the total of.",
    );
    shopper.await.expect("the shopper does not panic");
}
