//! Everything an instance does outside the tick.
mod proto {
    #![allow(missing_docs)]
    tonic::include_proto!("otherworld.instance.v1");
}
pub use proto::*;
