"""Masks the events of a file, one a line, by the rules of bench/mask, and prints what a record cost as JSON.

  events.py FILE [MODEL]

Presidio's analyzer and anonymizer look into the free text; the other columns are masked in plain Python, as whoever uses
Presidio on rows has to. It makes no leaf and no root. Presidio is slow, so that it is the first events that are measured.
"""
import hashlib
import hmac
import json
import logging
import sys
import time

import spacy
from presidio_anonymizer import AnonymizerEngine

from spans import LEAST, engine

EVENTS, ROUNDS = 1000, 5
ENTITIES = ["EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "URL", "DATE_TIME"]


def hashed(key, value):
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]


class Masker:
    def __init__(self, model):
        entities = ENTITIES + (["PERSON", "LOCATION"] if model else [])
        self.analyzer = engine(set(entities), model)
        self.entities = [e for e in entities if e in self.analyzer.get_supported_entities("en")]
        self.anonymizer = AnonymizerEngine()

    def row(self, row):
        row.pop("address")
        row["id"] = hashed(b"0" * 32, str(row["id"]))
        row["full_name"] = "[redacted]"
        row["email"] = hashed(b"1" * 32, row["email"].strip().lower())
        row["phone"] = hashed(b"2" * 32, "66" + "".join(c for c in row["phone"] if c.isdigit())[1:])
        row["national_id"] = "*" * 14 + row["national_id"][-3:]
        row["birth_date"] = None
        found = self.analyzer.analyze(row["notes"], language="en", entities=self.entities, score_threshold=LEAST)
        row["notes"] = self.anonymizer.anonymize(row["notes"], found).text

    def event(self, line):
        event = json.loads(line)
        for row in (event["before"], event["after"]):
            if row is not None:
                self.row(row)
        return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def main():
    logging.disable(logging.CRITICAL)  # it complains where the list of domains cannot be fetched, and has one of its own
    model = sys.argv[2] if len(sys.argv) > 2 and spacy.util.is_package(sys.argv[2]) else ""
    masker = Masker(model)
    with open(sys.argv[1], encoding="utf-8") as f:
        lines = [line for line, _ in zip(f, range(EVENTS))]
    took = []
    for line in lines[:100]:
        masker.event(line)
    for _ in range(ROUNDS):
        begin = time.process_time_ns()
        for line in lines:
            if '"full_name":"[redacted]"' not in masker.event(line):
                sys.exit("an event was not masked")
        took.append((time.process_time_ns() - begin) // len(lines))
    took.sort()
    print(json.dumps({"ns_per_record": took[len(took) // 2], "best_ns_per_record": took[0], "note": model or "patterns only, no model of names is installed"}))


main()
