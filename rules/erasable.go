package rules

import (
	"fmt"

	"lethe/masking"
)

// erasable sees to it that a value which a key gives back is gone with its subject:
// it is under the subject's key where the rows have one. Otherwise somebody
// answers for values that survive, and the certificate of an erasure lists them.
func (c *compiler) erasable(f *field, d *Decision, r rule, spec masking.Spec) {
	if f.subject && !f.key {
		d.Erasable = true
		d.Because = append(d.Because, "under the key of the row's subject: nobody gets the value back once the subject is erased")
		return
	}
	why := "the rows have no subject"
	if f.subject {
		why = "it is a key column, which stays when its subject is erased"
	}
	if spec.Subject(d.Params) {
		c.faultAt(c.place(r), CodeSubject, fmt.Sprintf("%s on %s works under the key of the row's subject: %s", spec.Name, f.id(), why),
			"say whose data the rows are under subjects:, or use hmac")
		return
	}
	if f.declared == nil || unwritten(f.declared.Value.Survives) {
		c.faultAt(c.place(r), CodeDeclared, fmt.Sprintf("%s on %s would give the value back after its subject was erased: %s", spec.Name, f.id(), why),
			"use hmac, which nobody turns back, or add to "+c.doc.Name+", at the left edge:\n"+block("declared", plain(f.id()), "{survives_erasure: <why the values may be given back for ever>}"))
		return
	}
	at := declaredSection + f.declared.Key
	c.used[at] = true
	d.Because = append(d.Because, fmt.Sprintf("survives the erasure of its subject, since %s: %s (%s)", why, f.declared.Value.Survives, c.doc.Where(at)))
}
