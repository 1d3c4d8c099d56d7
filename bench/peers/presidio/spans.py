"""Finds personal data with Presidio's analyzer: JSON lines {"id","text"} in, {"id","spans"} out, the offsets in code points.

  spans.py ENTITY,ENTITY,... [MODEL]

It has the recognisers of the entities asked for, whatever language each is meant for, and the spaCy model if one is
named and installed; without one it finds no names. The last line of standard error tells texts, seconds of processor
time, and the model.
"""
import inspect
import json
import logging
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, predefined_recognizers
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

LEAST = 0.35  # as Presidio's own demonstration sets it


class Loaded(SpacyNlpEngine):
    """spaCy as it is here."""

    def __init__(self, nlp):
        super().__init__(models=[{"lang_code": "en", "model_name": "here"}], ner_model_configuration=NerModelConfiguration(labels_to_ignore=["CARDINAL", "ORDINAL"]))
        self.nlp = {"en": nlp}


def engine(wanted, model):
    nlp = spacy.load(model) if model else spacy.blank("en")
    registry = RecognizerRegistry(supported_languages=["en"])
    for name, cls in inspect.getmembers(predefined_recognizers, inspect.isclass):
        if not issubclass(cls, EntityRecognizer) or name in ("SpacyRecognizer", "StanzaRecognizer", "TransformersRecognizer"):
            continue
        try:
            r = cls(supported_language="en")
        except Exception:  # it needs a service or a library of its own
            continue
        if wanted & set(r.supported_entities):
            registry.add_recognizer(r)
    if model:
        registry.add_recognizer(predefined_recognizers.SpacyRecognizer(supported_language="en"))
    return AnalyzerEngine(registry=registry, nlp_engine=Loaded(nlp), supported_languages=["en"])


def main():
    logging.disable(logging.CRITICAL)  # it complains where the list of domains cannot be fetched, and has one of its own
    wanted = set(sys.argv[1].split(","))
    model = sys.argv[2] if len(sys.argv) > 2 else ""
    if model and not spacy.util.is_package(model):
        model = ""
    analyzer = engine(wanted, model)
    can = sorted(wanted & set(analyzer.get_supported_entities("en")))
    texts = [json.loads(line) for line in sys.stdin]
    analyzer.analyze("warm up: a@example.com", language="en", entities=can)
    begin = time.process_time()  # of all its threads
    for t in texts:
        found = analyzer.analyze(t["text"], language="en", entities=can, score_threshold=LEAST)
        t["spans"] = [[r.start, r.end, r.entity_type, round(r.score, 3)] for r in found]
    took = time.process_time() - begin
    for t in texts:
        print(json.dumps({"id": t["id"], "spans": t["spans"]}))
    print(json.dumps({"texts": len(texts), "cpu": took, "model": model}), file=sys.stderr)


if __name__ == "__main__":
    main()
