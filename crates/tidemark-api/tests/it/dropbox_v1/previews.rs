//! `/previews`: which types have one, statuses, headers.

use crate::world::World;
use expect_test::expect;

#[tokio::test]
async fn a_spreadsheet_is_shown_as_a_page() {
    let world = World::new().await;
    world.file("/Sums.XLSX", "picture of sums").await;
    let answer = world.get("/1/previews/auto/sums.xlsx").await;
    expect![[r#"
        200
        access-control-allow-origin: *
        cache-control: private, max-age=0
        content-length: 22
        content-security-policy: sandbox; default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline'
        content-type: text/html; charset=utf-8
        etag: "100000001-preview-1"
        original-content-length: 15
        referrer-policy: no-referrer
        x-content-type-options: nosniff
        x-dropbox-metadata: {"path":"/Sums.XLSX","is_dir":false,"bytes":15,"size":"15 bytes","rev":"100000001","revision":1,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet","icon":"page_white_excel","thumb_exists":false,"root":"dropbox"}

        <p>picture of sums</p>"#]]
    .assert_eq(&answer.shown_whole());
    let answer =
        world.get_with("/1/previews/auto/sums.xlsx", "if-none-match", "\"100000001-preview-1\"").await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
}

#[tokio::test]
async fn every_type_is_shown_refused_or_unknown() {
    let world = World::new().await;
    for (extensions, status) in [
        ("xls xlsx xlsm ods XLS", 200),
        ("doc docx docm ppt pps ppsx ppsm pptx pptm rtf RTF", 409),
        ("txt pdf jpg csv html", 404),
    ] {
        for extension in extensions.split(' ') {
            world.put(&format!("/1/files_put/auto/a.{extension}"), "picture").await;
            let answer = world.get(&format!("/1/previews/auto/a.{extension}")).await;
            assert_eq!(answer.status.as_u16(), status, "{extension}");
            if status != 200 {
                answer.refuses(status);
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_shown_is_told_apart() {
    let world = World::new().await;
    let rev = world.file("/a.xlsx", "picture 1").await;
    world.file("/broken.xlsx", "no sheet").await;
    world.folder("/folder.xlsx").await;
    world.get("/1/previews/auto/broken.xlsx").await.refuses(409);
    world.put("/1/files_put/auto/large.xlsx", vec![b'x'; (20 << 20) + 1]).await;
    world.get("/1/previews/auto/large.xlsx").await.refuses(409);
    for path in ["missing.xlsx", "folder.xlsx", "", "a.xlsx?rev=ffff00000001"] {
        world.get(&format!("/1/previews/auto/{path}")).await.refuses(404);
    }
    world.post("/1/fileops/delete", "root=auto&path=a.xlsx").await;
    world.get("/1/previews/auto/a.xlsx").await.refuses(404);
    assert_eq!(world.get(&format!("/1/previews/auto/a.xlsx?rev={rev}")).await.text(), "<p>picture 1</p>");
}
