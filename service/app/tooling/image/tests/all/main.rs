//! - `archive`: what `sales-image` makes
//! - `make`: the targets of `service/zarf/k8s.mk`, which bring images and manifests into clusters

mod archive;
mod make;
