package detect

// months are the names of the twelve months, language by language, twelve
// entries each. A name after ! is another word too, and needs a capital or a
// year beside it.
var months = []string{
	// English
	"january jan", "february feb febr", "!march !mar", "april apr", "!may", "june jun", "july jul", "august !aug", "september !sep sept", "october oct", "november nov", "december !dec",
	// German
	"januar jänner jan jän", "februar feb", "märz mrz maerz", "april apr", "!mai", "juni jun", "juli jul", "august", "september", "oktober okt", "november", "dezember !dez",
	// French
	"janvier janv", "février févr fév fevrier", "!mars", "avril avr", "!mai", "juin", "juillet juil", "août aout", "septembre", "octobre", "novembre", "décembre déc decembre",
	// Spanish
	"enero !ene", "febrero feb", "marzo !mar", "abril abr", "mayo", "junio jun", "julio jul", "agosto !ago", "septiembre setiembre sept", "octubre oct", "noviembre nov", "diciembre !dic",
	// Portuguese
	"janeiro !jan", "fevereiro !fev", "março marco", "abril !abr", "maio !mai", "junho", "julho", "agosto !ago", "setembro !set", "outubro !out", "novembro", "dezembro !dez",
	// Italian
	"gennaio !gen", "febbraio febbr", "marzo", "aprile", "maggio !mag", "giugno giu", "luglio !lug", "agosto", "settembre !sett", "ottobre !ott", "novembre", "dicembre !dic",
	// Dutch
	"januari", "februari", "maart !mrt", "april", "!mei", "juni", "juli", "augustus", "september", "oktober", "november", "december",
	// Swedish, Danish, Norwegian
	"januari januar", "februari februar", "mars marts", "april", "maj !mai", "juni", "juli", "augusti !august", "september", "oktober", "november", "december desember !des",
	// Finnish
	"tammikuuta tammikuu", "helmikuuta helmikuu", "maaliskuuta maaliskuu", "huhtikuuta huhtikuu", "toukokuuta toukokuu", "kesäkuuta kesäkuu", "heinäkuuta heinäkuu", "elokuuta elokuu", "syyskuuta syyskuu", "lokakuuta lokakuu", "marraskuuta marraskuu", "joulukuuta joulukuu",
	// Polish
	"stycznia styczeń", "lutego !luty", "marca marzec", "kwietnia kwiecień", "maja !maj", "czerwca czerwiec", "lipca lipiec", "sierpnia sierpień", "września wrzesień", "października październik", "listopada listopad", "grudnia grudzień",
	// Czech
	"ledna !leden", "února únor", "března březen", "dubna !duben", "května květen", "června červen", "července červenec", "srpna srpen", "září", "října říjen", "listopadu", "prosince prosinec",
	// Hungarian
	"január", "február", "március", "április", "május", "június", "július", "augusztus", "szeptember", "október", "november", "december",
	// Romanian
	"ianuarie", "februarie", "martie", "aprilie", "!mai", "iunie", "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie",
	// Croatian
	"siječnja", "veljače", "ožujka", "travnja", "svibnja", "lipnja", "srpnja", "kolovoza", "rujna", "listopada", "studenoga studenog", "prosinca",
	// Turkish
	"!ocak", "şubat", "!mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül", "!ekim", "kasım", "aralık",
	// Indonesian, Malay
	"januari", "februari", "maret !mac", "april", "!mei", "!juni jun", "juli julai", "agustus ogos", "september", "oktober", "november", "desember disember",
	// Greek
	"ιανουαρίου", "φεβρουαρίου", "μαρτίου", "απριλίου", "μαΐου", "ιουνίου", "ιουλίου", "αυγούστου", "σεπτεμβρίου", "οκτωβρίου", "νοεμβρίου", "δεκεμβρίου",
	// Russian
	"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
}

// weekdays may stand before a date.
const weekdays = `monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
 montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche
 lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica
 maandag dinsdag woensdag donderdag vrijdag zaterdag zondag måndag tisdag onsdag torsdag fredag lördag söndag`

// dateGlue may stand between day, month and year.
const dateGlue = `of de del d den di the`

// thaiEras stand before a year: Buddhist and Christian.
var thaiEras = [...]string{"พ.ศ.", "ค.ศ.", "พศ", "คศ", "ปี"}
