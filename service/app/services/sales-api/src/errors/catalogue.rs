//! Every code that an error can have, for the document of the API: a test holds what is answered against it.

/// A code, the statuses it comes with, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// For programs.
    pub code: &'static str,
    /// The statuses of answers with this code.
    pub statuses: &'static [u16],
    /// For people.
    pub meaning: &'static str,
}

const fn code(code: &'static str, statuses: &'static [u16], meaning: &'static str) -> Code {
    Code {
        code,
        statuses,
        meaning,
    }
}

/// All of them, by status.
pub const CODES: &[Code] = &[
    code("incomplete_body", &[400], "the body did not arrive whole"),
    code("malformed_json", &[400], "the body is not JSON"),
    code(
        "invalid_path",
        &[400],
        "a part of the path is not what stands there",
    ),
    code(
        "invalid_query",
        &[400],
        "a parameter is unknown, given twice or of the wrong kind; each is named",
    ),
    code("invalid_header", &[400], "a header cannot be read"),
    code(
        "invalid_request",
        &[400, 422],
        "values out of range, in the query (400) or in the body (422); each is named",
    ),
    code(
        "unauthenticated",
        &[401],
        "a token is needed, or the one given is not valid or was revoked; `WWW-Authenticate` says which",
    ),
    code(
        "invalid_credentials",
        &[401],
        "there is no such user, they have another password, or they are shut out",
    ),
    code(
        "invalid_refresh_token",
        &[401],
        "it is none, it has expired, its session has ended, or it was used before, which ends its session; log in again",
    ),
    code(
        "forbidden",
        &[403],
        "the token is valid, but its roles do not allow this, its user is shut out, or the orders are somebody else's",
    ),
    code("not_found", &[404], "there is no such thing"),
    code(
        "no_supplier",
        &[404],
        "this instance has no supplier to ask for quotes",
    ),
    code(
        "not_supplied",
        &[404],
        "the supplier does not have the product",
    ),
    code(
        "method_not_allowed",
        &[405],
        "the path does not take this method; `Allow` has those it takes",
    ),
    code("not_acceptable", &[406], "the client does not accept JSON"),
    code("body_timed_out", &[408], "the body did not arrive in time"),
    code("out_of_stock", &[409], "not enough left; nothing was taken"),
    code(
        "shop_closed",
        &[409],
        "no orders are taken until the shop opens again",
    ),
    code(
        "idempotency_key_reused",
        &[409],
        "the key was used for another order",
    ),
    code(
        "shelf_full",
        &[409],
        "the shelf cannot hold that many pieces",
    ),
    code("name_taken", &[409], "there is another user with this name"),
    code(
        "precondition_failed",
        &[412],
        "it is not in the version that the request was based on",
    ),
    code("body_too_large", &[413], "the body is larger than allowed"),
    code(
        "unsupported_media_type",
        &[415],
        "the body is not declared as JSON",
    ),
    code(
        "invalid_body",
        &[422],
        "a field is missing, unknown or of the wrong kind; each is named",
    ),
    code(
        "unknown_product",
        &[422],
        "an item names a product that does not exist",
    ),
    code("no_total", &[422], "the items cannot be added up"),
    code(
        "precondition_required",
        &[428],
        "`If-Match` must say which version the change is based on",
    ),
    code(
        "too_many_requests",
        &[429],
        "more requests than one client may make; `Retry-After` and `RateLimit` say when to go on",
    ),
    code(
        "internal",
        &[500],
        "something failed here; the log has it under the request's id",
    ),
    code(
        "overloaded",
        &[503],
        "more requests than can be served; nothing was done, so try again after `Retry-After`",
    ),
    code(
        "store_busy",
        &[503],
        "too much is waiting; nothing was written, try again",
    ),
    code(
        "store_failed",
        &[503],
        "the store cannot be reached; nothing was written",
    ),
    code(
        "not_ready",
        &[503],
        "the service cannot work, or is about to end",
    ),
    code(
        "supplier_failed",
        &[503],
        "the supplier cannot be asked, and no price of the product was heard of late",
    ),
    code("not_started", &[503], "the start is not complete yet"),
    code(
        "no_logins",
        &[503],
        "this instance has no private key to sign tokens with",
    ),
    code(
        "timed_out",
        &[504],
        "the request took too long and was given up",
    ),
];

/// The code of this name.
pub fn find(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.code == name)
}
