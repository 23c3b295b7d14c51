//! What mdBook's pages lack for those who use a keyboard or a screen reader, and on a page that is not there.

/// Adds to a page the first link, which leads past the contents, and the name of the field to search in.
pub(super) fn complete(html: &str) -> String {
    if !html.contains("id=\"mdbook-content\"") {
        return html.to_owned();
    }
    html.replacen(
        "<body>",
        "<body>\n    <a class=\"skip-link\" href=\"#mdbook-content\">Skip to the text</a>",
        1,
    )
    .replacen(
        "id=\"mdbook-searchbar\" ",
        "id=\"mdbook-searchbar\" aria-label=\"Search this book\" ",
        1,
    )
    .replacen(
        "aria-describedby=\"searchresults-header\"",
        "aria-describedby=\"mdbook-searchresults-header\"",
        1,
    )
}

/// The page for an address that the site does not have. Nobody knows how deep that address is, nor in which folder the
/// site stands, so this page loads nothing, not even an icon, and leads
/// nowhere.
pub(super) const NO_SUCH_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
    <link rel=\"icon\" href=\"data:,\">\n<title>No such page</title>\n</head>\n<body>\n<main>\n<h1>No such page</h1>\n\
    <p>The book has nothing at this address. Go back, and take another link.</p>\n</main>\n</body>\n</html>\n";
