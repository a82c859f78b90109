//! Where a picture was taken, in words: no map is asked.

/// `52.52° N, 13.40° E`; nothing for what is no place on earth.
pub(crate) fn words((latitude, longitude): (f64, f64)) -> Option<String> {
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return None;
    }
    let part = |degrees: f64, positive, negative| {
        let direction = if degrees < 0.0 { negative } else { positive };
        format!("{:.2}° {direction}", degrees.abs())
    };
    Some(format!("{}, {}", part(latitude, 'N', 'S'), part(longitude, 'E', 'W')))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_place_is_told_as_on_paper() {
        assert_eq!(words((52.520_0, 13.404_9)).as_deref(), Some("52.52° N, 13.40° E"));
        assert_eq!(words((-33.856_8, -151.215_3)).as_deref(), Some("33.86° S, 151.22° W"));
        for nowhere in [(91.0, 0.0), (0.0, -180.5), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(words(nowhere), None);
        }
    }
}
