package identifier

import "strings"

// named are the words for each country and what is of it, in English and in its
// languages. They tell apart numbers that two countries write and check alike.
func named(country string) []string {
	words := map[string]string{
		"TH": "thailand, thai, ไทย", "SG": "singapore, singaporean, singapura", "MY": "malaysia, malaysian", "ID": "indonesia, indonesian",
		"PH": "philippines, philippine, filipino, pilipinas", "VN": "vietnam, vietnamese, việt nam", "HK": "hong kong, hongkong, 香港",
		"TW": "taiwan, taiwanese, 台灣", "JP": "japan, japanese, 日本", "KR": "korea, korean, south korea, 한국", "CN": "china, chinese, 中国",
		"IN": "india, indian", "PK": "pakistan, pakistani", "AU": "australia, australian", "NZ": "new zealand, nz",
		"US": "usa, american, united states", "GB": "uk, british, united kingdom, great britain, england",
		"AT": "austria, austrian, österreich, österreichische", "BE": "belgium, belgian, belgië, belgique, belge", "BG": "bulgaria, bulgarian, българия",
		"HR": "croatia, croatian, hrvatska, hrvatski", "CY": "cyprus, cypriot", "CZ": "czech, czechia, czech republic, česko, česká, české, český, cz",
		"DK": "denmark, danish, danmark, dansk", "EE": "estonia, estonian, eesti", "FI": "finland, finnish, suomi, suomen", "FR": "france, french, français, française",
		"DE": "germany, german, deutschland, deutsche", "GR": "greece, greek, ελλάδα", "HU": "hungary, hungarian, magyar, magyarország", "IE": "ireland, irish",
		"IT": "italy, italian, italia, italiano, italiana", "LV": "latvia, latvian, latvija", "LT": "lithuania, lithuanian, lietuva, lietuvos",
		"LU": "luxembourg, luxembourgish", "MT": "malta, maltese", "NL": "netherlands, dutch, nederland, nederlandse", "PL": "poland, polish, polska, polski",
		"PT": "portugal, portuguese, português", "RO": "romania, romanian, românia", "SK": "slovakia, slovak, slovak republic, slovensko, slovenské, slovenský, slovenská, sk",
		"SI": "slovenia, slovenian, slovenija", "ES": "spain, spanish, españa, español", "SE": "sweden, swedish, sverige, svensk, svenskt",
		"IS": "iceland, icelandic, ísland", "LI": "liechtenstein", "NO": "norway, norwegian, norge, norsk", "CH": "switzerland, swiss, schweiz, suisse, svizzera",
		"TR": "turkey, turkish, türkiye, türk", "IL": "israel, israeli", "ZA": "south africa, south african, rsa", "CA": "canada, canadian",
		"MX": "mexico, mexican, méxico", "BR": "brazil, brazilian, brasil", "AR": "argentina, argentine, argentinian", "CL": "chile, chilean",
	}[country]
	if words == "" {
		return nil
	}
	return strings.Split(words, ", ")
}
