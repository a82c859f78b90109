//! Well-known programs that do a comparable part of the work, measured in the same run.

pub(crate) mod debian;
pub(crate) mod nginx;
pub(crate) mod rsync;
pub(crate) mod syncthing;
pub(crate) mod unison;
