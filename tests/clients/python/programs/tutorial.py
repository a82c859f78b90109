"""The first program everybody wrote for the Core API: link an account, then put, look at and get a file.

    tutorial.py APP_KEY APP_SECRET

Shows the page on which to allow the app, and reads the code that the page shows from standard input.
"""

import os
import sys
import tempfile

from dropbox.client import DropboxClient, DropboxOAuth2FlowNoRedirect


def link(app_key, app_secret):
    flow = DropboxOAuth2FlowNoRedirect(app_key, app_secret)
    print("open this page, press Allow, and copy the code:", flush=True)
    print(flow.start(), flush=True)
    access_token, user_id = flow.finish(input("code: ").strip())
    print()
    print("linked user", user_id)
    return DropboxClient(access_token)


def main():
    client = link(*sys.argv[1:3])

    account = client.account_info()
    print("account:", account["display_name"], account["email"])

    with tempfile.TemporaryDirectory() as folder:
        draft = os.path.join(folder, "working-draft.txt")
        with open(draft, "w", encoding="utf-8") as out:
            out.write("It was a dark and stormy night; the tide had left its mark.\n")

        with open(draft, "rb") as source:
            uploaded = client.put_file("/magnum-opus.txt", source)
        print("uploaded:", uploaded["path"], uploaded["bytes"], "bytes, rev", uploaded["rev"])

        for entry in client.metadata("/")["contents"]:
            print("listed:", entry["path"], entry["size"])

        copy = os.path.join(folder, "magnum-opus.txt")
        source, metadata = client.get_file_and_metadata("/magnum-opus.txt")
        with open(copy, "wb") as out:
            out.write(source.read())
        source.close()
        print("downloaded:", metadata["path"], "rev", metadata["rev"])

        with open(draft, "rb") as ours, open(copy, "rb") as theirs:
            print("the copies are", "equal" if ours.read() == theirs.read() else "different")


if __name__ == "__main__":
    main()
