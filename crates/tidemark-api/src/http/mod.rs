//! HTTP mechanics without meaning: what a header, a path or a form says, whatever protocol asked.
//!
//! Nothing in here knows an account, a file or a protocol. Each module is a pure function of its input, except
//! [`body`], which reads from the network through the limits that `server` puts around every request body.

pub mod ascii_json;
pub mod body;
pub mod conditional;
pub mod cors;
pub mod date;
pub mod disposition;
pub mod form_data;
pub mod host;
pub mod json;
pub mod origin;
pub mod params;
pub mod path;
pub mod range;

pub use self::body::{Body, BodyError, LimitedBody};
pub use self::conditional::{ETag, Preconditions, Verdict};
pub use self::form_data::{FormData, FormError, FormPart};
pub use self::origin::Origin;
pub use self::params::{ParamError, Params};
pub use self::range::{ByteRange, Ranged};
