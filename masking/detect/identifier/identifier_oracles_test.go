package identifier_test

// oracle is the module of python-stdnum for an entity.
type oracle struct {
	module  string
	written func(compact string) string // as the module wants it, if not compact
}

// oracles are those of the entities that python-stdnum knows.
var oracles = map[string]oracle{
	"TH_TNIN": {module: "th.pin"}, "TH_TIN": {module: "th.moa"}, "SG_UEN": {module: "sg.uen"},
	"MY_NRIC": {module: "my.nric"}, "ID_NIK": {module: "id.nik"}, "ID_NPWP": {module: "id.npwp"},
	"VN_MST": {module: "vn.mst"}, "TW_UBN": {module: "tw.ubn"},
	"JP_MY_NUMBER": {module: "jp.in_"}, "JP_CORPORATE_NUMBER": {module: "jp.cn"},
	"KR_RRN": {module: "kr.rrn"}, "KR_BRN": {module: "kr.brn"},
	"CN_RIC": {module: "cn.ric"}, "CN_USCC": {module: "cn.uscc"},
	"IN_AADHAAR": {module: "in_.aadhaar"}, "IN_VID": {module: "in_.vid"}, "IN_PAN": {module: "in_.pan"},
	"IN_GSTIN": {module: "in_.gstin"}, "IN_VOTER": {module: "in_.epic"}, "PK_CNIC": {module: "pk.cnic"},
	"AU_TFN": {module: "au.tfn"}, "AU_ABN": {module: "au.abn"}, "AU_ACN": {module: "au.acn"}, "NZ_IRD": {module: "nz.ird"},
	"US_SSN": {module: "us.ssn"}, "US_ITIN": {module: "us.itin"}, "US_EIN": {module: "us.ein"},
	"ABA_ROUTING_NUMBER": {module: "us.rtn"},
	"UK_NHS":             {module: "gb.nhs"}, "UK_UTR": {module: "gb.utr"}, "UK_VAT": {module: "gb.vat"},
	"AT_SOCIAL_SECURITY": {module: "at.vnr"}, "AT_TAX_NUMBER": {module: "at.tin"}, "AT_VAT": {module: "at.uid"},
	"BE_NATIONAL_NUMBER": {module: "be.ssn"}, "BE_VAT": {module: "be.vat"},
	"BG_EGN": {module: "bg.egn"}, "BG_PNF": {module: "bg.pnf"}, "BG_VAT": {module: "bg.vat"},
	"HR_OIB": {module: "hr.oib"}, "CY_VAT": {module: "cy.vat"},
	"CZ_BIRTH_NUMBER": {module: "cz.rc"}, "CZ_VAT": {module: "cz.dic"},
	"SK_BIRTH_NUMBER": {module: "sk.rc"}, "SK_VAT": {module: "sk.dph"},
	"DK_CPR": {module: "dk.cpr"}, "DK_CVR": {module: "dk.cvr"},
	"EE_PERSONAL_CODE": {module: "ee.ik"}, "EE_REGISTRY_CODE": {module: "ee.registrikood"}, "EE_VAT": {module: "ee.kmkr"},
	"FI_PERSONAL_IDENTITY_CODE": {module: "fi.hetu", written: finnishSign}, "FI_BUSINESS_ID": {module: "fi.alv"},
	"FR_NIR": {module: "fr.nir"}, "FR_NIF": {module: "fr.nif"}, "FR_SIREN": {module: "fr.siren"},
	"FR_SIRET": {module: "fr.siret"}, "FR_VAT": {module: "fr.tva"},
	"DE_TAX_ID": {module: "de.idnr"}, "DE_TAX_NUMBER": {module: "de.stnr"}, "DE_VAT_ID": {module: "de.vat"},
	"GR_AMKA": {module: "gr.amka"}, "GR_AFM": {module: "gr.vat"}, "HU_VAT": {module: "hu.anum", written: hungarianTrunk},
	"IE_PPS": {module: "ie.pps"}, "IE_VAT": {module: "ie.vat"}, "IS_KENNITALA": {module: "is_.kennitala"}, "IS_VSK": {module: "is_.vsk"},
	"IT_FISCAL_CODE": {module: "it.codicefiscale"}, "IT_VAT_CODE": {module: "it.iva"},
	"LV_VAT": {module: "lv.pvn"}, "LV_PERSONAL_CODE": {module: "lv.pvn"}, "LT_PERSONAL_CODE": {module: "lt.asmens"}, "LT_VAT": {module: "lt.pvm"},
	"LU_VAT": {module: "lu.tva"}, "MT_VAT": {module: "mt.vat"},
	"NL_BSN": {module: "nl.bsn"}, "NL_VAT": {module: "nl.btw"},
	"PL_PESEL": {module: "pl.pesel"}, "PL_NIP": {module: "pl.nip"}, "PL_REGON": {module: "pl.regon"},
	"PT_NIF": {module: "pt.nif"}, "PT_CITIZEN_CARD": {module: "pt.cc"},
	"RO_CNP": {module: "ro.cnp"}, "RO_CIF": {module: "ro.cf"},
	"SI_EMSO": {module: "si.emso"}, "SI_VAT": {module: "si.ddv"},
	"ES_NIF": {module: "es.nif"}, "ES_NIE": {module: "es.nie"}, "ES_CIF": {module: "es.nif"},
	"SE_PERSONNUMMER": {module: "se.personnummer", written: func(n string) string { return n[:len(n)-4] + "-" + n[len(n)-4:] }}, "SE_ORGANISATIONSNUMMER": {module: "se.orgnr"}, "SE_VAT": {module: "se.vat"},
	"LI_PEID": {module: "li.peid"}, "NO_FODSELSNUMMER": {module: "no.fodselsnummer"}, "NO_ORGNR": {module: "no.mva", written: norwegianSuffix},
	"CH_AHV": {module: "ch.ssn"}, "CH_UID": {module: "ch.uid", written: func(n string) string { return n[:12] }},
	"TR_NATIONAL_ID": {module: "tr.tckimlik"}, "TR_TAX_NUMBER": {module: "tr.vkn"},
	"IL_ID": {module: "il.idnr"}, "IL_COMPANY": {module: "il.hp"},
	"ZA_ID_NUMBER": {module: "za.idnr"}, "ZA_INCOME_TAX_NUMBER": {module: "za.tin"},
	"CA_SIN": {module: "ca.sin"}, "CA_BN": {module: "ca.bn"},
	"MX_CURP": {module: "mx.curp"}, "MX_RFC": {module: "mx.rfc"},
	"BR_CPF": {module: "br.cpf"}, "BR_CNPJ": {module: "br.cnpj"},
	"AR_CUIT": {module: "ar.cuit"}, "AR_DNI": {module: "ar.dni"}, "AR_CBU": {module: "ar.cbu"}, "CL_RUT": {module: "cl.rut"},
	"LEI": {module: "lei"}, "ISIN": {module: "isin"}, "BIC": {module: "bic"}, "IMEI": {module: "imei"},
}

// finnishSign puts the sign of the 20th century where none is.
func finnishSign(compact string) string {
	if len(compact) == 10 {
		return compact[:6] + "-" + compact[6:]
	}
	return compact
}

// norwegianSuffix makes a VAT number of that of an organisation.
func norwegianSuffix(compact string) string {
	if len(compact) == 9 {
		return compact + "MVA"
	}
	return compact
}

// hungarianTrunk leaves out kind of taxation and county.
func hungarianTrunk(compact string) string {
	if len(compact) == 11 {
		return compact[:8]
	}
	return compact
}
