package detect

// How far a top-level domain alone says that a word with dots is a host.
const (
	tldPlain = 1 + iota // most
	tldWord             // also a word, or the ending of a file: needs www., a path or two dots
)

// tlds are top-level domains that are met, by the kinds above.
var tlds = [...]string{
	tldPlain - 1: `com org net edu gov mil int info biz app dev cloud online site store shop tech xyz club blog agency academy
 accountants apartments architect asia associates attorney auction bank bar beer berlin bike bio boutique broker builders business cafe
 camera camp capital cards care careers cash catering center cheap church city clinic clothing coach codes coffee college community company
 computer construction consulting contractors cooking coop cymru dance dating deals delivery democrat dental design diamonds diet
 digital direct directory discount doctor dog domains education email energy engineer engineering enterprises equipment estate eu events
 exchange expert express faith family fans farm fashion finance financial fish fishing fitness flights florist football foundation fund
 furniture fyi gallery games gent gifts glass global gmbh gold golf graphics gratis group guide guitars guru hamburg haus health
 healthcare hockey holdings holiday homes horse hospital host hosting house icu immo immobilien industries ink institute insure
 international investments jetzt jobs kaufen kitchen koeln land lawyer lease legal life lighting limited limo link loan loans
 london love ltd luxury maison management marketing markets mba media melbourne memorial miami mobi moda money mortgage museum
 nagoya network news ngo ninja nyc okinawa osaka paris partners parts party photo photography photos pics pictures pizza
 plumbing poker press productions properties property pub racing recipes rehab reisen rent rentals repair republican
 restaurant review reviews rocks sale salon school schule science scot services shoes shopping singles ski soccer social software solar
 solutions space studio style supplies supply surf surgery swiss systems tattoo tax taxi team technology tel tennis theater tienda tips
 tires tirol tokyo tools tours town toys trade trading training travel university vacations vegas ventures vet viajes video villas vip
 voyage wales wang watch webcam website wedding wien wiki wine works world wtf yoga yokohama zone
 ac ae af ag ai al ao ar at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw bz ca cd cf cg ch ci ck cl cm cn co cr cu cv cw
 cx cy cz de dj dk dm dz ec ee eg er es et fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu id ie
 il im in io iq ir it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc me mg mh mk ml mm mn mo mp mq mr
 mt mu mv mw mx mz na nc ne nf ng ni nl np nr nu nz om pa pe pf pg ph pk pm pn pr pt pw qa re ro ru rw sa sb sc sd se sg si sk sl sm sn
 sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw xn`,
	tldWord - 1: `sh pl py rs md cc so do to as by my am an no is ad ps vu mom name pro one now new art best buzz day fit fun gay how live lol
 men moe mov movie page pet phd pink plus red run save show sexy sucks support today top tube vin vision vodka vote work you zip car auto
 band bet bid black blue boats bond boo boston bot build cam click cool country courses credit cricket date degree download earth eco
 exposed fail feedback film final fire game garden gives giving green help here hiphop host kids kim lat law map market meet meme
 monster observer open organic place play prime prof promo protection quest report rest rich rip room rugby
 science search security select sex skin spot study talk tires total trust win wow xxx zero`,
}
