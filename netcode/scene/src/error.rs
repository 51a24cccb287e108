//! Why bytes are not a world: the rule that was broken, and by which node.

use crate::limits;

/// A rule of the scene format; the numbers are those of `netcode/spec/RULES.md`.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// `[SC1]` The file is a valid GLB with one buffer.
    Glb(String),
    /// `[SC2]` A count stays within its limit: what, and the limit.
    TooMany(&'static str, usize),
    /// `[SC3]` The nodes are a tree.
    NotATree,
    /// `[SC4]` A place is finite and inside the world's bounds.
    Place,
    /// `[SC5]` A scale is positive, and uniform wherever a rotation or a round shape makes it matter.
    Scale,
    /// `[SC6]` The extension's JSON says what its specification allows: what is wrong.
    Extension(&'static str),
    /// `[SC7]` A size is between [`limits::SMALLEST`] and [`limits::LARGEST`].
    Size(&'static str),
    /// `[SC8]` A collider's mesh is made of triangles with `f32` positions inside its buffer: what is wrong.
    Mesh(&'static str),
    /// `[SC9]` A body that moves has a shape, a convex one, and a mass within limits: what is wrong.
    Body(&'static str),
}

/// A rule that a file breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneError {
    /// The name (or `#index`) of the node that breaks it, when it is one.
    pub node: Option<String>,
    /// The rule.
    pub rule: Rule,
}

impl Rule {
    /// The rule's number in the specification.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Rule::Glb(_) => "SC1",
            Rule::TooMany(..) => "SC2",
            Rule::NotATree => "SC3",
            Rule::Place => "SC4",
            Rule::Scale => "SC5",
            Rule::Extension(_) => "SC6",
            Rule::Size(_) => "SC7",
            Rule::Mesh(_) => "SC8",
            Rule::Body(_) => "SC9",
        }
    }

    pub(crate) fn of_file(self) -> SceneError {
        SceneError {
            node: None,
            rule: self,
        }
    }
}

impl core::fmt::Display for Rule {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Rule::Glb(cause) => write!(f, "not a GLB: {cause}"),
            Rule::TooMany(what, limit) => write!(f, "more than {limit} {what}"),
            Rule::NotATree => f.write_str("the nodes are not a tree"),
            Rule::Place => f.write_str("its place is not inside the world's bounds"),
            Rule::Scale => {
                f.write_str("its scale is not positive, or not uniform where it must be")
            }
            Rule::Extension(what) => f.write_str(what),
            Rule::Size(what) => write!(
                f,
                "its {what} is not between {} and {} m",
                limits::SMALLEST,
                limits::LARGEST
            ),
            Rule::Mesh(what) | Rule::Body(what) => f.write_str(what),
        }
    }
}

impl core::fmt::Display for SceneError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.node {
            Some(node) => write!(f, "[{}] node {node}: {}", self.rule.id(), self.rule),
            None => write!(f, "[{}] {}", self.rule.id(), self.rule),
        }
    }
}

impl core::error::Error for SceneError {}
