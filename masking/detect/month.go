package detect

// months are the names of the twelve months, in order, repeated for each
// language and abbreviation.
var months = []string{
	// English
	"january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug", "september sep sept", "october oct", "november nov", "december dec",
}

var weekdays = `monday tuesday`
var dateGlue = `of de`
