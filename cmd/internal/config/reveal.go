package config

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Reveal says who may have masked values opened.
type Reveal struct {
	Principals []Principal
	// ApproveAbove is how many values a principal may have opened in a day without
	// a second person's approval.
	ApproveAbove int
	Approvers    map[string]ed25519.PublicKey // by name
}

// Principal is somebody who may have values opened.
type Principal struct {
	Name     string
	Users    []string // of the operating system
	PerDay   int      // values
	Elements []string // what they may be about: names, or families such as contact.*; empty for anything
}

// May reports whether the principal may have values of an element opened.
func (p Principal) May(element string) bool {
	return len(p.Elements) == 0 || slices.ContainsFunc(p.Elements, func(pattern string) bool {
		family, ok := strings.CutSuffix(pattern, "*")
		return pattern == element || ok && strings.HasPrefix(element, family)
	})
}

// Principal is who the operating system's user is here; false for nobody.
func (r Reveal) Principal(user string) (Principal, bool) {
	i := slices.IndexFunc(r.Principals, func(p Principal) bool { return slices.Contains(p.Users, user) })
	if i < 0 {
		return Principal{}, false
	}
	return r.Principals[i], true
}

// publicPrefix begins the text of an approver's public key.
const publicPrefix = "LETHE-ED25519-PUB-1-"

// PublicKeyText is an approver's key as lethe.yaml has it.
func PublicKeyText(key ed25519.PublicKey) string { return publicPrefix + hex.EncodeToString(key) }

type reveal struct {
	ApproveAbove int                `yaml:"approve_above,required"`
	Principals   section[principal] `yaml:"principals,required"`
	Approvers    section[string]    `yaml:"approvers"`
}

type principal struct {
	Users    []string `yaml:"users"`
	PerDay   int      `yaml:"per_day,required"`
	Elements []string `yaml:"elements"`
}

func (in *reveal) into(f *Folder, c *checker) {
	out := Reveal{ApproveAbove: in.ApproveAbove, Approvers: make(map[string]ed25519.PublicKey)}
	if in.ApproveAbove < 0 {
		c.fault("reveal.approve_above", "config.reveal", "this is below 0", "write how many values a day need no second person")
	}
	for _, e := range in.Approvers.Entries {
		c.name("reveal.approvers."+e.Key, e.Key)
		text, ok := strings.CutPrefix(e.Value, publicPrefix)
		key, err := hex.DecodeString(text)
		if !ok || err != nil || len(key) != ed25519.PublicKeySize {
			c.fault("reveal.approvers."+e.Key, "config.approver", "this is no public key of an approver", "lethe reveal --new-key FILE makes a key and shows the line that belongs here")
			continue
		}
		out.Approvers[e.Key] = key
	}
	taken := make(map[string]string)
	for _, e := range in.Principals.Entries {
		at := "reveal.principals." + e.Key
		c.name(at, e.Key)
		p := Principal{Name: e.Key, Users: e.Value.Users, PerDay: e.Value.PerDay, Elements: e.Value.Elements}
		if len(p.Users) == 0 {
			p.Users = []string{e.Key}
		}
		for _, user := range p.Users {
			if other, ok := taken[user]; ok {
				c.fault(at, "config.reveal", "its user is that of "+other+" as well", "give each user to one principal")
			}
			taken[user] = e.Key
		}
		if p.PerDay < 1 {
			c.fault(at+".per_day", "config.reveal", "at least one value a day", "write per_day: 10, or leave the principal out")
		}
		others := len(out.Approvers)
		if _, self := out.Approvers[e.Key]; self {
			others--
		}
		if p.PerDay > in.ApproveAbove && others < 1 {
			c.fault(at, "config.reveal", fmt.Sprintf("more than %d values a day need an approval, and there is nobody else who could give one", in.ApproveAbove),
				"name an approver below reveal.approvers, or lower per_day")
		}
		out.Principals = append(out.Principals, p)
	}
	f.Reveal = out
}
