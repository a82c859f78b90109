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
    /// Whether it is something that cameras make.
    pub(super) media: Option<MediaKind>,
    /// Whether people could be shown what is in it.
    pub(super) preview: Option<PreviewKind>,
}

/// What cameras make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaKind {
    Photo,
    Video,
}

/// What the protocol has previews of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PreviewKind {
    /// Shown as a page.
    Sheet,
    /// Was shown as PDF; nothing here can draw it.
    Document,
}

impl Kind {
    /// The kind of the file at this path.
    pub(super) fn of(path: &str) -> Kind {
        let extension = Extension::of(path);
        let lower = extension.as_str();
        Kind {
            mime_type: extension.mime_type(),
            icon: icon(lower),
            has_thumbnail: extension.has_thumbnail(),
            media: media(&extension),
            preview: preview(&extension),
        }
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

fn media(extension: &Extension) -> Option<MediaKind> {
    match extension.as_str() {
        "heic" | "heif" => Some(MediaKind::Photo),
        _ if extension.has_thumbnail() => Some(MediaKind::Photo),
        "3g2" | "3gp" | "avi" | "m4v" | "mkv" | "mov" | "mp4" | "mpeg" | "mpg" | "webm" | "wmv" => {
            Some(MediaKind::Video)
        }
        _ => None,
    }
}

fn preview(extension: &Extension) -> Option<PreviewKind> {
    match extension.as_str() {
        _ if extension.is_sheet() => Some(PreviewKind::Sheet),
        "doc" | "docm" | "docx" | "pps" | "ppsm" | "ppsx" | "ppt" | "pptm" | "pptx" | "rtf" => {
            Some(PreviewKind::Document)
        }
        _ => None,
    }
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
            ("/a.webp", "image/webp", "page_white_picture", true),
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
            let kind = Kind::of(path);
            let seen = (kind.mime_type, kind.icon, kind.has_thumbnail);
            assert_eq!(seen, (mime_type, icon, has_thumbnail), "{path}");
        }
    }

    #[test]
    fn what_is_looked_into_follows_the_extension_too() {
        for (path, media, preview) in [
            ("/a.JPG", Some(MediaKind::Photo), None),
            ("/a.heic", Some(MediaKind::Photo), None),
            ("/a.MOV", Some(MediaKind::Video), None),
            ("/a.psd", None, None),
            ("/a.mp3", None, None),
            ("/a.XLSX", None, Some(PreviewKind::Sheet)),
            ("/a.rtf", None, Some(PreviewKind::Document)),
            ("/a.pdf", None, None),
            ("/jpg", None, None),
        ] {
            let kind = Kind::of(path);
            assert_eq!((kind.media, kind.preview), (media, preview), "{path}");
        }
    }
}
