//! What kind of file a name promises. By extension only, as the protocol has it; nobody looks inside.

use crate::content::Extension;

/// What is told of a file for its extension's sake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) mime_type: &'static str,
    /// The name of its icon.
    pub(super) icon: &'static str,
    /// Whether thumbnails are made of such files.
    pub(super) has_thumbnail: bool,
}

impl Kind {
    /// The kind of the file at this path.
    pub(super) fn of(path: &str) -> Kind {
        let extension = Extension::of(path);
        let lower = extension.as_str();
        Kind { mime_type: extension.mime_type(), icon: icon(lower), has_thumbnail: has_thumbnail(lower) }
    }
}

fn icon(extension: &str) -> &'static str {
    match extension {
        "pdf" => "page_white_acrobat",
        "as" => "page_white_actionscript",
        "c" | "h" => "page_white_c",
        "css" | "html" | "htm" | "js" | "json" | "py" | "rs" | "sh" | "xhtml" | "xml" | "yaml" | "yml" => {
            "page_white_code"
        }
        "7z" | "bz2" | "gz" | "rar" | "tar" | "tgz" | "xz" | "zip" | "zst" => "page_white_compressed",
        "cc" | "cpp" | "cxx" | "hh" | "hpp" => "page_white_cplusplus",
        "cs" => "page_white_csharp",
        "class" | "jar" | "java" => "page_white_cup",
        "img" | "iso" => "page_white_dvd",
        "csv" | "ods" | "xls" | "xlsm" | "xlsx" => "page_white_excel",
        "avi" | "m4v" | "mkv" | "mov" | "mp4" | "mpeg" | "mpg" | "webm" | "wmv" => "page_white_film",
        "fla" | "flv" | "swf" => "page_white_flash",
        "bat" | "com" | "dll" | "exe" | "msi" => "page_white_gear",
        "psd" | "xcf" => "page_white_paint",
        "php" => "page_white_php",
        "bmp" | "gif" | "heic" | "ico" | "jpeg" | "jpg" | "png" | "tif" | "tiff" | "webp" => {
            "page_white_picture"
        }
        "odp" | "pps" | "ppsx" | "ppt" | "pptx" => "page_white_powerpoint",
        "rb" => "page_white_ruby",
        "aac" | "aiff" | "flac" | "m4a" | "mid" | "mp3" | "ogg" | "wav" | "wma" => "page_white_sound",
        "log" | "md" | "rtf" | "tex" | "txt" => "page_white_text",
        "deb" | "rpm" => "page_white_tux",
        "ai" | "eps" | "svg" => "page_white_vector",
        "sln" | "vcproj" => "page_white_visualstudio",
        "doc" | "docm" | "docx" | "odt" => "page_white_word",
        _ => "page_white",
    }
}

fn has_thumbnail(extension: &str) -> bool {
    matches!(extension, "jpg" | "jpeg" | "png" | "tiff" | "tif" | "gif" | "bmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_the_extension_in_any_case() {
        for (path, mime_type, icon, has_thumbnail) in [
            ("/todo.txt", "text/plain", "page_white_text", false),
            ("/pictures.jpg/TODO.TXT", "text/plain", "page_white_text", false),
            ("/memo.rtf", "application/rtf", "page_white_text", false),
            ("/a.jpg", "image/jpeg", "page_white_picture", true),
            ("/a.b.JPEG", "image/jpeg", "page_white_picture", true),
            ("/scan.tif", "image/tiff", "page_white_picture", true),
            ("/a.webp", "image/webp", "page_white_picture", false),
            ("/report.pdf", "application/pdf", "page_white_acrobat", false),
            ("/archive.tar.gz", "application/gzip", "page_white_compressed", false),
            ("/Makefile", "application/octet-stream", "page_white", false),
            ("/.jpg", "application/octet-stream", "page_white", false),
            ("/dir.jpg/file", "application/octet-stream", "page_white", false),
            ("/x.nobody-knows", "application/octet-stream", "page_white", false),
            ("/x.an-extension-as-long-as-this", "application/octet-stream", "page_white", false),
            ("/x.été", "application/octet-stream", "page_white", false),
            ("/dot at the end.", "application/octet-stream", "page_white", false),
        ] {
            assert_eq!(Kind::of(path), Kind { mime_type, icon, has_thumbnail }, "{path}");
        }
    }
}
