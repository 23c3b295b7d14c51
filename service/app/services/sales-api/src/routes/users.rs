//! Who may do what.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use types::UserId;
use web::{ApiError, Path};

use super::existing;
use crate::app::App;
use crate::contract::query::only;
use crate::contract::{
    Asked, Body, ETag, IfNoneMatch, MergePatch, MustMatch, created, found, whole,
};
use crate::errors::{store_failed, user_not_changed, user_not_created};
use crate::wire::users::{NewUser, User, UserPatch, UsersQuery};
use crate::wire::{ById, Page, Selection};

/// A page of users
#[utoipa::path(get, path = "/v1/users", tag = "users", operation_id = "list_users",
    params(UsersQuery, IfNoneMatch),
    responses(
        (status = 200, description = "The page", body = Page<User>, headers(("ETag" = String))),
        (status = 304, description = "The client has this page", headers(("ETag" = String))),
    ))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked { query, mut faults }: Asked<UsersQuery>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let fields = query.fields.clone();
    let (after, limit) = query.check(&mut faults);
    let only = only::<User>(fields, faults)?;
    let page = app.users.list(after, limit).await;
    let page = page.map_err(|error| store_failed(&error))?;
    let page = Page::<User>::of(page, UserId::get);
    found(&page, None, only.as_ref(), &known)
}

/// One user
#[utoipa::path(get, path = "/v1/users/{id}", tag = "users", operation_id = "get_user",
    params(ById, Selection, IfNoneMatch),
    responses(
        (status = 200, description = "The user", body = User, headers(("ETag" = String))),
        (status = 304, description = "The client has this answer", headers(("ETag" = String))),
    ),
    extensions(("x-errors" = json!(["not_found"]))))]
pub async fn fetch(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    Asked { query, faults }: Asked<Selection>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let only = only::<User>(query.fields, faults)?;
    let user = get(&app, id).await?;
    let etag = ETag::version(user.version);
    found(&User::from(user), Some(etag), only.as_ref(), &known)
}

/// Makes a user known
#[utoipa::path(post, path = "/v1/users", tag = "users", operation_id = "create_user",
    request_body = NewUser,
    responses((status = 201, description = "They are known", body = User,
        headers(("ETag" = String), ("Location" = String)))),
    extensions(("x-errors" = json!(["name_taken"]))))]
pub async fn create(
    State(app): State<Arc<App>>,
    Body(body): Body<NewUser>,
) -> Result<Response, ApiError> {
    let new = NewUser::check(body)?;
    let user = app.users.create(new, (app.clock)()).await;
    let user = user.map_err(|error| user_not_created(&error))?;
    let location = format!("/v1/users/{}", user.id);
    let etag = ETag::version(user.version);
    created(&location, &User::from(user), &etag)
}

/// Changes a user's roles, or shuts them out (JSON merge patch)
#[utoipa::path(patch, path = "/v1/users/{id}", tag = "users", operation_id = "change_user",
    params(ById, MustMatch),
    request_body(content((UserPatch = "application/merge-patch+json"), (UserPatch = "application/json"))),
    responses((status = 200, description = "The user as they are now", body = User, headers(("ETag" = String)))),
    extensions(("x-errors" = json!(["invalid_header", "not_found", "precondition_failed", "precondition_required"]))))]
pub async fn change(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    MustMatch(based_on): MustMatch,
    MergePatch(body): MergePatch<UserPatch>,
) -> Result<Response, ApiError> {
    let change = UserPatch::check(body)?;
    let current = get(&app, id).await?;
    based_on.check(current.version)?;
    let user = app
        .users
        .change(current.id, Some(current.version), change)
        .await;
    answer(user.map_err(|error| user_not_changed(&error))?)
}

async fn get(app: &App, id: i64) -> Result<user::User, ApiError> {
    existing("user", id, UserId::new, |id| app.users.get(id)).await
}

fn answer(user: user::User) -> Result<Response, ApiError> {
    let etag = ETag::version(user.version);
    whole(&User::from(user), &etag)
}
