//! What kind of file a name promises. By extension only; nobody looks inside.

/// Longer ones are of no known kind.
const EXTENSION_BYTES_MAX: usize = 16;

/// A file's extension in lower case; empty if it has none that could be known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extension {
    buffer: [u8; EXTENSION_BYTES_MAX],
    length: usize,
}

impl Extension {
    /// Of the file at this path.
    pub(crate) fn of(path: &str) -> Extension {
        let name = &path[path.rfind('/').map_or(0, |slash| slash + 1)..];
        // A leading dot begins no extension.
        let extension = name.rfind('.').filter(|dot| *dot > 0).map_or("", |dot| &name[dot + 1..]);
        let (mut buffer, length) = ([0; EXTENSION_BYTES_MAX], extension.len());
        let Some(lower) = buffer.get_mut(..length) else { return Extension::default() };
        lower.copy_from_slice(extension.as_bytes());
        lower.make_ascii_lowercase();
        Extension { buffer, length }
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.buffer[..self.length]).unwrap_or_default()
    }

    /// Whether thumbnails are made of such files.
    pub(crate) fn has_thumbnail(&self) -> bool {
        matches!(self.as_str(), "jpg" | "jpeg" | "png" | "tiff" | "tif" | "gif" | "bmp" | "webp")
    }

    /// Whether it is a spreadsheet that can be shown as a page.
    pub(crate) fn is_sheet(&self) -> bool {
        matches!(self.as_str(), "ods" | "xls" | "xlsm" | "xlsx")
    }

    /// The type that it promises.
    pub(crate) fn mime_type(&self) -> &'static str {
        // What the protocol, or the reader, calls otherwise than the table that we use.
        match self.as_str() {
            "" => "application/octet-stream",
            "rtf" => "application/rtf",
            "ts" => "text/plain",
            other => mime_guess::from_ext(other).first_raw().unwrap_or("application/octet-stream"),
        }
    }
}
