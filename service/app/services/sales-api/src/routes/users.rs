//! Who may do what.

use std::sync::Arc;

use auth::Password;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use session::Store as _;
use types::UserId;
use web::{ApiError, Path};

use super::existing;
use super::sessions::refused;
use crate::access::forbidden;
use crate::acting::{Acting, By};
use crate::app::App;
use crate::contract::query::only;
use crate::contract::{
    Asked, Body, ETag, IfNoneMatch, MergePatch, MustMatch, created, found, whole,
};
use crate::errors::{store_failed, user_not_changed, user_not_created};
use crate::wire::sessions::NewPassword;
use crate::wire::users::{NewUser, User, UserPatch, UsersQuery};
use crate::wire::{ById, Page, Selection};

/// A page of users
#[utoipa::path(get, path = "/v1/users", tag = "users", operation_id = "list_users",
    params(UsersQuery, IfNoneMatch),
    responses(
        (status = 200, description = "The page", body = Page<User>, headers(("ETag" = String))),
        (status = 304, description = "The client has this page", headers(("ETag" = String))),
    ),
    extensions(("x-policy" = json!("admin"))))]
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
    extensions(("x-policy" = json!("admin")), ("x-errors" = json!(["not_found"]))))]
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
    extensions(("x-policy" = json!("admin")), ("x-errors" = json!(["name_taken"]))))]
pub async fn create(
    State(app): State<Arc<App>>,
    by: By,
    Body(body): Body<NewUser>,
) -> Result<Response, ApiError> {
    let new = NewUser::check(body)?;
    let user = by.users(&app).create(new, (app.clock)()).await;
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
    extensions(("x-policy" = json!("admin")), ("x-errors" = json!(["invalid_header", "not_found", "precondition_failed", "precondition_required"]))))]
pub async fn change(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    MustMatch(based_on): MustMatch,
    by: By,
    MergePatch(body): MergePatch<UserPatch>,
) -> Result<Response, ApiError> {
    let change = UserPatch::check(body)?;
    let current = get(&app, id).await?;
    based_on.check(current.version)?;
    let user = by
        .users(&app)
        .change(current.id, Some(current.version), change)
        .await;
    answer(user.map_err(|error| user_not_changed(&error))?)
}

/// Sets a user's password
///
/// All of their sessions end. Admins set anybody's; others their own, and say the current one.
#[utoipa::path(put, path = "/v1/users/{id}/password", tag = "users", operation_id = "set_password",
    params(ById),
    request_body = NewPassword,
    responses((status = 204, description = "It is the password from now on")),
    extensions(("x-policy" = json!("token")), ("x-errors" = json!(["not_found"]))))]
pub async fn set_password(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    acting: Option<Extension<Acting>>,
    by: By,
    Body(body): Body<NewPassword>,
) -> Result<StatusCode, ApiError> {
    let (password, current) = NewPassword::check(body)?;
    if let Some(Extension(acting)) = acting
        && !acting.is_admin
    {
        own_password(&app, id, acting, &by, current).await?;
    }
    let user = get(&app, id).await?;
    let secret = app.logins.hash(password).await?;
    let store = by.store(&app);
    let set = store.set_password(user.id, secret, (app.clock)()).await;
    set.map_err(|error| store_failed(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets nobody through but the user with their current password.
async fn own_password(
    app: &App,
    id: i64,
    acting: Acting,
    by: &By,
    current: Option<Password>,
) -> Result<(), ApiError> {
    let user = acting.user.filter(|user| user.get() == id);
    let user = user.ok_or_else(|| forbidden("the password is somebody else's"))?;
    let current = current.ok_or_else(|| forbidden("the current password is needed"))?;
    let user = get(app, user.get()).await?;
    app.logins.try_once(user.name.as_str())?;
    let kept = app.store.password(user.id).await;
    let kept = kept.map_err(|error| store_failed(&error))?;
    if app.logins.matches(kept, current).await? {
        return Ok(());
    }
    refused(app, by, "user.password", format!("users/{id}")).await?;
    Err(forbidden("the current password is another one"))
}

async fn get(app: &App, id: i64) -> Result<user::User, ApiError> {
    existing("user", id, UserId::new, |id| app.users.get(id)).await
}

fn answer(user: user::User) -> Result<Response, ApiError> {
    let etag = ETag::version(user.version);
    whole(&User::from(user), &etag)
}
