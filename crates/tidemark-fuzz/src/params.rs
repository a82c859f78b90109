//! The parameters of a query and of a form, merged.

use crate::text;
use tidemark_api::http::Params;
use tidemark_api::http::params::COUNT_MAX;

/// Up to the first zero byte the query, behind it the form.
pub(crate) fn run(data: &[u8]) {
    let mut halves = data.splitn(2, |byte| *byte == 0);
    let query = halves.next().and_then(text);
    let form = halves.next();
    let Ok(params) = Params::parse(query, form) else { return };
    assert!(params.pairs().count() <= COUNT_MAX);
    for (name, _) in params.pairs() {
        let last = params.pairs().filter(|(other, _)| *other == name).last().map(|(_, value)| value);
        assert_eq!(params.get_or_empty(name), last, "the last of a name counts");
        assert_eq!(params.get(name), last.filter(|value| !value.is_empty()));
    }
    // The form wins over the query.
    if let (Some(form), Ok(alone)) = (form, Params::parse(None, form)) {
        for (name, _) in alone.pairs() {
            assert_eq!(params.get_or_empty(name), alone.get_or_empty(name), "{form:?}");
        }
    }
    for read in [params.boolean("list"), params.boolean("overwrite")] {
        let _ = read;
    }
    let _ = params.integer::<u64>("offset");
    let _ = params.integer::<i64>("timeout");
}
