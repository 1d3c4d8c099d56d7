// Holds PDFs against PDF/UA-1 (ISO 14289-1) with veraPDF, run by Rhino, which is among
// its jars; prints each rule that one of them breaks.
var pdfa = Packages.org.verapdf.pdfa;
Packages.org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider.initialise();
var flavour = pdfa.flavours.PDFAFlavour.PDFUA_1;
for (var i = 0; i < arguments.length; i++) {
  var parser = pdfa.Foundries.defaultInstance().createParser(new java.io.FileInputStream(arguments[i]), flavour);
  var result = pdfa.Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
  var all = result.getTestAssertions().iterator();
  while (all.hasNext()) {
    var a = all.next();
    print(arguments[i] + ": " + a.getRuleId().getClause() + ": " + a.getMessage());
  }
  print(arguments[i] + ": " + (result.isCompliant() ? "conforms" : "does not conform") + ", " + result.getTotalAssertions() + " checks");
  parser.close();
}
