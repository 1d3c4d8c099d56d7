"""Prints values of personal data as one JSON object, made by Faker.

  values.py SEED COUNT [second]

With "second", people, places, numbers and identifiers are of other countries.
"""
import json
import random
import sys

from faker import Faker

seed, count = int(sys.argv[1]), int(sys.argv[2])
random.seed(seed)
Faker.seed(seed)

LATIN = ["en_US", "en_GB", "en_AU", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "sv_SE", "vi_VN", "id_ID", "en_TH", "ja_JP", "ms_MY"]
PHONES = ["en_US", "en_GB", "en_AU", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "sv_SE", "vi_VN", "id_ID", "th_TH", "ja_JP"]
IBANS = ["de_DE", "en_GB", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL"]

SECOND = ["en_CA", "en_NZ", "en_IE", "en_PH", "de_AT", "de_CH", "nl_BE", "pt_BR", "pt_PT", "da_DK", "no_NO", "fi_FI", "cs_CZ", "sk_SK", "hu_HU", "ro_RO",
    "hr_HR", "sl_SI", "tr_TR", "es_MX", "fil_PH", "zh_CN"]
SECOND_IBANS = ["de_AT", "de_CH", "pt_PT", "da_DK", "no_NO", "fi_FI", "tr_TR", "en_IE"]

# Malay names have no locale of their own: a given name, bin or binti, and the father's.
MALAY_MEN = "Aiman Hakimi Syahmi Danish Izzat Khairul Shahrul Zulhilmi Firdaus Amirul Haziq Norazlan Rosli Kamaruddin Zainal Mazlan Azhari Suhaimi".split()
MALAY_WOMEN = "Nurin Aisyah Balqis Hidayah Izzati Syafiqah Norhayati Rohana Zaleha Faridah Maimunah Kamariah Shahida Adriana Qistina".split()

# Vietnamese: family, middle and given name, in this order.
VIETNAMESE = ["Nguyễn Trần Lê Phạm Huỳnh Hoàng Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý".split(), "Văn Thị Hữu Đức Minh Thanh Ngọc Quang Kim Xuân".split(),
    "Anh Bảo Châu Dũng Hà Hải Hạnh Hiếu Hương Khánh Khoa Lan Linh Long Mai Nga Ngân Phúc Phương Quân Sơn Thảo Trang Tuấn Vy".split()]

# Chinese names in Latin letters: family, and syllables of given names.
CHINESE = ["Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo Lin Gao Luo Zheng Liang Xie Song Tang Feng Deng Cao Peng Zeng Xiao".split(),
    "Wei Fang Min Jing Lei Qiang Jun Yong Jie Juan Tao Ming Chao Xiu Xia Ping Gang Hua Yu Ning Bo Xin Yan Hong Mei Lan Zhi Hao Rui Tian Yi Shan".split()]
THAI_NICKS = "เอ บี ก้อย ต่าย หญิง เล็ก ใหญ่ อ้อ ติ๊ก ป๊อป โอ๋ ตั้ม บาส เฟิร์น แป้ง หมวย ปอนด์ เจี๊ยบ เอ๋ กบ".split()

# Identifiers that Faker makes valid, with the words that people put before them.
IDS = [
    ("US_SSN", "en_US", "ssn", ["SSN", "social security number"]),
    ("ES_NIF", "es_ES", "nif", ["NIF", "DNI"]),
    ("ES_NIE", "es_ES", "nie", ["NIE"]),
    ("IT_FISCAL_CODE", "it_IT", "ssn", ["codice fiscale", "fiscal code"]),
    ("PL_PESEL", "pl_PL", "pesel", ["PESEL"]),
    ("SE_PERSONNUMMER", "sv_SE", "ssn", ["personnummer", "Swedish personal number"]),
    ("NL_BSN", "nl_NL", "ssn", ["BSN", "burgerservicenummer"]),
    ("FI_PERSONAL_IDENTITY_CODE", "fi_FI", "ssn", ["henkilötunnus", "HETU"]),
    ("CA_SIN", "en_CA", "ssn", ["SIN", "social insurance number"]),
    ("BR_CPF", "pt_BR", "cpf", ["CPF"]),
    ("FR_NIR", "fr_FR", "ssn", ["numéro de sécurité sociale", "NIR"]),
    ("TH_TNIN", "th_TH", "ssn", ["Thai ID", "เลขประจำตัวประชาชน"]),
    ("TR_NATIONAL_ID", "tr_TR", "ssn", ["TC kimlik no"]),
    ("RO_CNP", "ro_RO", "ssn", ["CNP"]),
    ("HR_OIB", "hr_HR", "ssn", ["OIB"]),
    ("EE_PERSONAL_CODE", "et_EE", "ssn", ["isikukood"]),
]
SECOND_IDS = [
    ("NO_FODSELSNUMMER", "no_NO", "ssn", ["fødselsnummer", "personnummer"]),
    ("CZ_BIRTH_NUMBER", "cs_CZ", "birth_number", ["rodné číslo (CZ)", "Czech birth number"]),
    ("SK_BIRTH_NUMBER", "sk_SK", "birth_number", ["Slovak rodné číslo", "Slovak birth number"]),
    ("LV_PERSONAL_CODE", "lv_LV", "ssn", ["personas kods"]),
    ("CN_RIC", "zh_CN", "ssn", ["Chinese ID", "resident identity number"]),
    ("TW_NATIONAL_ID", "zh_TW", "ssn", ["Taiwan ID", "national ID of Taiwan"]),
    ("IL_ID", "he_IL", "ssn", ["Israeli ID", "teudat zehut"]),
    ("CL_RUT", "es_CL", "person_rut", ["RUT", "RUN"]),
    ("MX_CURP", "es_MX", "curp", ["CURP"]),
    ("US_ITIN", "en_US", "itin", ["ITIN"]),
    ("DE_SOCIAL_SECURITY", "de_DE", "rvnr", ["Rentenversicherungsnummer"]),
    ("AT_SOCIAL_SECURITY", "de_AT", "ssn", ["Sozialversicherungsnummer", "SVNR"]),
    ("CH_AHV", "de_CH", "ssn", ["AHV-Nummer", "AHV"]),
    ("BE_NATIONAL_NUMBER", "nl_BE", "ssn", ["rijksregisternummer"]),
    ("GR_AMKA", "el_GR", "ssn", ["AMKA", "ΑΜΚΑ"]),
    ("BR_CNPJ", "pt_BR", "cnpj", ["CNPJ"]),
    ("PH_SSS", "en_PH", "sss", ["SSS"]),
    ("TH_TNIN", "th_TH", "ssn", ["Thai national ID"]),
]


def person(locale, f):
    """First, last and full name without titles, in Latin script except for th_TH."""
    if locale == "ms_MY":
        man = random.random() < 0.5
        first = random.choice(MALAY_MEN if man else MALAY_WOMEN)
        last = ("bin " if man else "binti ") + random.choice(MALAY_MEN)
    elif locale == "vi_VN":
        last, middle, first = [random.choice(part) for part in VIETNAMESE]
        return middle + " " + first, last, last + " " + middle + " " + first
    elif locale == "zh_CN":
        last, first = random.choice(CHINESE[0]), " ".join(random.sample(CHINESE[1], random.randint(1, 2)))
        return first, last, random.choice([last + " " + first, first + " " + last])
    elif locale == "ja_JP":
        first, last = f.first_romanized_name(), f.last_romanized_name()
    else:
        first, last = f.first_name(), f.last_name()
    return first, last, first + " " + last


def main():
    second = sys.argv[3:] == ["second"]
    latin, ibans, ids = (SECOND, SECOND_IBANS, SECOND_IDS) if second else (LATIN, IBANS, IDS)
    made = {l: Faker(l) for l in sorted(set(latin + PHONES + IBANS + ibans + [i[1] for i in ids]) | {"th_TH"}) if l != "ms_MY"}
    out = {"locales": [], "values": {}, "ids": []}
    for locale in latin + ["th_TH"]:
        f = made.get(locale, made["en_US"])
        g = made["en_GB"] if locale in ("ja_JP", "ms_MY", "en_TH", "zh_CN") else f  # their places are not in Latin script
        one = {"name": locale, "people": [person(locale, f) for _ in range(count)]}
        one["cities"] = [g.city() for _ in range(count)]
        one["companies"] = [g.company() for _ in range(count)]
        one["addresses"] = [g.address() for _ in range(count)]
        one["streets"] = [g.street_address() for _ in range(count)]
        phones = made.get(locale if locale in PHONES + SECOND else {"ja_JP": "ja_JP", "en_TH": "th_TH"}.get(locale, "en_GB"))
        phone_number = phones.mobile_number if locale in ("en_PH", "fil_PH") else phones.phone_number
        one["phones"] = [phone_number() for _ in range(count)]
        out["locales"].append(one)
    e = made["en_US"]
    t = made["th_TH"]
    out["provinces"] = [t.province() for _ in range(count)]
    out["districts"] = [t.amphoe() for _ in range(count)]
    out["countries"] = [e.country() for _ in range(count)]
    n = range(2 * count)
    out["values"] = {
        "EMAIL_ADDRESS": [random.choice([e.email, e.company_email, made["de_DE"].email, made["fr_FR"].ascii_free_email])() for _ in n],
        "URL": [random.choice([e.url, e.uri, made["it_IT"].url, lambda: "www." + e.domain_name(), lambda: e.url() + e.uri_path()])() for _ in n],
        "IP_ADDRESS": [random.choice([e.ipv4, e.ipv4_private, e.ipv6])() for _ in n],
        "MAC_ADDRESS": [e.mac_address() for _ in n],
        "CREDIT_CARD": [e.credit_card_number() for _ in n],
        "IBAN_CODE": [made[random.choice(ibans)].iban() for _ in n],
        "DATE_TIME": [e.date_time_between("-70y", "now").strftime("%Y-%m-%dT%H:%M:%S") for _ in n],
    }
    for entity, locale, method, words in ids:
        for _ in range(max(1, count // 4)):
            out["ids"].append({"entity": entity, "value": str(getattr(made[locale], method)()), "word": random.choice(words)})
    out["tambons"] = [t.tambon() for _ in range(count)]
    out["nicks"] = [random.choice(THAI_NICKS) for _ in range(count)]
    json.dump(out, sys.stdout, ensure_ascii=False)


main()
