//! Which permission is missing, asked before anything else is: a `SelfSubjectAccessReview` for each.

use std::fmt;

use futures_util::future::try_join_all;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client, Error};

use crate::selector::{Pods, Selector};

/// Something that has to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Need {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: Option<&'static str>,
    name: Option<String>,
}

/// As `kubectl auth can-i` has it: `list pods`, `create pods/portforward`, `get deployments.apps`.
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if let Some(subresource) = self.subresource {
            write!(f, "/{subresource}")?;
        }
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        Ok(())
    }
}

/// What is not allowed of that which `selector` needs: none if everything is, or if nobody may ask.
pub(super) async fn missing(client: &Client, selector: &Selector) -> Result<Vec<String>, Error> {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let asked = needs(selector.pods()).into_iter().map(async |need| {
        let review = review(selector.namespace(), &need);
        let answer = reviews.create(&PostParams::default(), &review).await;
        match answer {
            Ok(answer) => {
                let allowed = answer.status.is_none_or(|status| status.allowed);
                Ok((!allowed).then(|| need.to_string()))
            }
            // Whoever may not ask finds out later.
            Err(Error::Api(status)) if status.code == 403 || status.code == 404 => Ok(None),
            Err(error) => Err(error),
        }
    });
    let answers = try_join_all(asked).await?;
    Ok(answers.into_iter().flatten().collect())
}

fn needs(pods: &Pods) -> Vec<Need> {
    let need = |verb, group, resource, subresource, name: Option<&String>| Need {
        verb,
        group,
        resource,
        subresource,
        name: name.cloned(),
    };
    let mut needs = match pods {
        Pods::Deployment(name) => vec![need("get", "apps", "deployments", None, Some(name))],
        Pods::StatefulSet(name) => vec![need("get", "apps", "statefulsets", None, Some(name))],
        _ => Vec::new(),
    };
    let one = match pods {
        Pods::Named(name) => Some(name),
        _ => None,
    };
    for verb in ["list", "watch"] {
        needs.push(need(verb, "", "pods", None, one));
    }
    // Servers since 1.35 want `create` where others are content with `get`.
    for verb in ["get", "create"] {
        needs.push(need(verb, "", "pods", Some("portforward"), one));
    }
    needs
}

fn review(namespace: &str, need: &Need) -> SelfSubjectAccessReview {
    SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                namespace: Some(namespace.to_owned()),
                verb: Some(need.verb.to_owned()),
                group: Some(need.group.to_owned()),
                resource: Some(need.resource.to_owned()),
                subresource: need.subresource.map(str::to_owned),
                name: need.name.clone(),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    }
}
