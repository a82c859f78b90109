//! Ports that are not for the web.

/// Ports of protocols whose servers might take a request for something of theirs, as browsers refuse them (WHATWG
/// Fetch, "bad port").
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// Whether a port belongs to another protocol than the web's.
pub(crate) fn is_bad_port(port: u16) -> bool {
    BAD_PORTS.binary_search(&port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_leaves_the_web_alone() {
        assert!(BAD_PORTS.is_sorted());
        assert!([0, 22, 25, 10080].into_iter().all(is_bad_port));
        assert!(![80, 443, 3000, 8000, 8080, 8443, 65535].into_iter().any(is_bad_port));
    }
}
