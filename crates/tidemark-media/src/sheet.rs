//! Spreadsheets as pages of HTML: the values, without anything that acts.

use calamine::{Data, Range, Reader, open_workbook_auto_from_rs};
use std::fmt::Write as _;
use std::io::Cursor;

/// What of a workbook is shown at most. Whoever wants more opens the file.
const SHEETS_MAX: usize = 20;
const ROWS_MAX: usize = 1000;
const COLUMNS_MAX: usize = 100;
const CELL_CHARS_MAX: usize = 1000;
/// No cell begins behind so many bytes of page.
const PAGE_MAX: usize = 4 << 20;

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"color-scheme\" content=\"light dark\">\n<title>Preview of a spreadsheet</title>\n\
    <style>:root { color-scheme: light dark } body { font: 14px sans-serif; color: CanvasText; background: Canvas } \
    table { border-collapse: collapse } \
    td { border: 1px solid #8888; padding: 2px 6px; white-space: pre-wrap }</style>\n</head>\n<body>\n";
const CUT: &str = "<p>There is more in the file than is shown here.</p>\n";

/// A page with the sheets of a workbook (xls, xlsx, xlsm, xlsb or ods, by its bytes), one table each.
pub fn page(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let mut workbook = open_workbook_auto_from_rs(Cursor::new(bytes)).ok()?;
    let names = workbook.sheet_names();
    let mut page = HEAD.to_owned();
    for name in names.iter().take(SHEETS_MAX) {
        // A sheet of charts has no cells.
        let Ok(cells) = workbook.worksheet_range(name) else { continue };
        page.push_str("<h2>");
        escape(&mut page, name);
        page.push_str("</h2>\n");
        table(&mut page, &cells);
    }
    if names.len() > SHEETS_MAX {
        page.push_str(CUT);
    }
    page.push_str("</body>\n</html>\n");
    Some(page.into_bytes())
}

fn table(page: &mut String, cells: &Range<Data>) {
    page.push_str("<table>\n");
    let mut is_cut = cells.height() > ROWS_MAX || cells.width() > COLUMNS_MAX;
    for row in cells.rows().take(ROWS_MAX) {
        if page.len() > PAGE_MAX {
            is_cut = true;
            break;
        }
        page.push_str("<tr>");
        for cell in row.iter().take(COLUMNS_MAX) {
            page.push_str("<td>");
            escape(page, &text(cell));
            page.push_str("</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
    if is_cut {
        page.push_str(CUT);
    }
}

fn text(cell: &Data) -> String {
    match cell {
        Data::DateTime(at) if at.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) {
                return date;
            }
            format!("{date} {hour:02}:{minute:02}:{second:02}")
        }
        other => other.to_string(),
    }
}

/// Text as it stands between tags: nothing in it is markup.
fn escape(page: &mut String, text: &str) {
    for (count, c) in text.chars().enumerate() {
        if count == CELL_CHARS_MAX {
            page.push('…');
            break;
        }
        match c {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            '\n' | '\t' => page.push(c),
            c if c.is_control() => write!(page, "&#xfffd;").expect("a string takes everything"),
            c => page.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::CellErrorType;

    #[test]
    fn nothing_in_a_cell_is_markup_and_all_is_bounded() {
        let mut cells = Range::new((0, 0), (1999, 149));
        cells.set_value((0, 0), Data::String("<script>alert('\"&\")</script>\u{0}\n".into()));
        cells.set_value((0, 1), Data::String("é".repeat(5000)));
        cells.set_value((1, 0), Data::Float(1.5));
        cells.set_value((1, 1), Data::Error(CellErrorType::Div0));
        let mut page = String::new();
        table(&mut page, &cells);
        assert!(page.starts_with(
            "<table>\n<tr><td>&lt;script&gt;alert(&#39;&quot;&amp;&quot;)&lt;/script&gt;&#xfffd;\n</td><td>é"
        ));
        assert!(page.contains("é…</td>") && page.contains("<tr><td>1.5</td><td>#DIV/0!</td>"));
        assert_eq!(page.matches("<tr>").count(), ROWS_MAX);
        assert_eq!(page.matches("<td>").count(), ROWS_MAX * COLUMNS_MAX);
        assert!(page.ends_with(CUT));
    }

    #[test]
    fn what_is_no_workbook_makes_no_page() {
        for bytes in [&b""[..], b"a,b\n1,2", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"] {
            assert_eq!(page(bytes.to_vec()), None);
        }
    }
}
