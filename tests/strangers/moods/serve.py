"""What the image runs to serve: a label and a score for each object of JSON."""

import http.server
import json
import os
from pathlib import Path

root = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
words = json.loads((root / "model/words.json").read_text(encoding="utf-8"))


def answer_to(record):
    known = [words[word] for word in record["text"].split() if word in words]
    label = max(known, key=known.count) if known else os.environ["UNKNOWN"]
    return {"label": label, "score": known.count(label) / max(len(known), 1)}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, "")

    def do_POST(self):
        lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        try:
            answers = [answer_to(json.loads(line)) for line in lines]
        except KeyError as missing:
            self.answer(400, json.dumps({"error": f"a record must have the key {missing.args[0]}"}))
            return
        self.answer(200, "\n".join(map(json.dumps, answers)))

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        lines = "application/jsonlines"
        self.send_header("Content-Type", lines if self.headers.get("Accept") == lines else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
