"""Countries by ISO 3166-1: both codes, the English name, and what else they are commonly called."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

from .values import FAILED

# One of two names that differ only by what `_folded` drops would say nothing.
_TABLE = """
AD AND Andorra; AE ARE United Arab Emirates/UAE; AF AFG Afghanistan; AG ATG Antigua and Barbuda; AI AIA Anguilla;
AL ALB Albania; AM ARM Armenia; AO AGO Angola; AQ ATA Antarctica; AR ARG Argentina; AS ASM American Samoa;
AT AUT Austria; AU AUS Australia; AW ABW Aruba; AX ALA Åland Islands/Åland; AZ AZE Azerbaijan;
BA BIH Bosnia and Herzegovina/Bosnia; BB BRB Barbados; BD BGD Bangladesh; BE BEL Belgium; BF BFA Burkina Faso;
BG BGR Bulgaria; BH BHR Bahrain; BI BDI Burundi; BJ BEN Benin; BL BLM Saint Barthélemy/St Barthélemy/St Barts;
BM BMU Bermuda; BN BRN Brunei Darussalam/Brunei; BO BOL Bolivia, Plurinational State of/Bolivia;
BQ BES Bonaire, Sint Eustatius and Saba/Caribbean Netherlands; BR BRA Brazil; BS BHS Bahamas; BT BTN Bhutan;
BV BVT Bouvet Island; BW BWA Botswana; BY BLR Belarus; BZ BLZ Belize; CA CAN Canada;
CC CCK Cocos (Keeling) Islands/Cocos Islands/Keeling Islands;
CD COD Congo, Democratic Republic of the/Democratic Republic of the Congo/DR Congo/DRC/Congo Kinshasa;
CF CAF Central African Republic; CG COG Congo/Republic of the Congo/Congo Brazzaville; CH CHE Switzerland;
CI CIV Côte d'Ivoire/Ivory Coast; CK COK Cook Islands; CL CHL Chile; CM CMR Cameroon;
CN CHN China/People's Republic of China/PR China/Mainland China; CO COL Colombia; CR CRI Costa Rica; CU CUB Cuba;
CV CPV Cabo Verde/Cape Verde; CW CUW Curaçao; CX CXR Christmas Island; CY CYP Cyprus;
CZ CZE Czechia/Czech Republic; DE DEU Germany/Federal Republic of Germany; DJ DJI Djibouti; DK DNK Denmark;
DM DMA Dominica; DO DOM Dominican Republic; DZ DZA Algeria; EC ECU Ecuador; EE EST Estonia; EG EGY Egypt;
EH ESH Western Sahara; ER ERI Eritrea; ES ESP Spain; ET ETH Ethiopia; FI FIN Finland; FJ FJI Fiji;
FK FLK Falkland Islands (Malvinas)/Falkland Islands; FM FSM Micronesia, Federated States of/Micronesia;
FO FRO Faroe Islands/Faroes; FR FRA France; GA GAB Gabon;
GB GBR United Kingdom of Great Britain and Northern Ireland/United Kingdom/UK/Great Britain; GD GRD Grenada;
GE GEO Georgia; GF GUF French Guiana; GG GGY Guernsey; GH GHA Ghana; GI GIB Gibraltar; GL GRL Greenland;
GM GMB Gambia; GN GIN Guinea; GP GLP Guadeloupe; GQ GNQ Equatorial Guinea; GR GRC Greece;
GS SGS South Georgia and the South Sandwich Islands/South Georgia; GT GTM Guatemala; GU GUM Guam;
GW GNB Guinea-Bissau; GY GUY Guyana; HK HKG Hong Kong/Hong Kong SAR/Hong Kong SAR China;
HM HMD Heard Island and McDonald Islands; HN HND Honduras; HR HRV Croatia; HT HTI Haiti; HU HUN Hungary;
ID IDN Indonesia; IE IRL Ireland/Republic of Ireland; IL ISR Israel; IM IMN Isle of Man; IN IND India;
IO IOT British Indian Ocean Territory; IQ IRQ Iraq; IR IRN Iran, Islamic Republic of/Iran; IS ISL Iceland;
IT ITA Italy; JE JEY Jersey; JM JAM Jamaica; JO JOR Jordan; JP JPN Japan; KE KEN Kenya; KG KGZ Kyrgyzstan;
KH KHM Cambodia; KI KIR Kiribati; KM COM Comoros; KN KNA Saint Kitts and Nevis/St Kitts and Nevis;
KP PRK Korea, Democratic People's Republic of/Democratic People's Republic of Korea/North Korea;
KR KOR Korea, Republic of/Republic of Korea/South Korea; KW KWT Kuwait; KY CYM Cayman Islands; KZ KAZ Kazakhstan;
LA LAO Lao People's Democratic Republic/Laos; LB LBN Lebanon; LC LCA Saint Lucia/St Lucia; LI LIE Liechtenstein;
LK LKA Sri Lanka; LR LBR Liberia; LS LSO Lesotho; LT LTU Lithuania; LU LUX Luxembourg; LV LVA Latvia;
LY LBY Libya; MA MAR Morocco; MC MCO Monaco; MD MDA Moldova, Republic of/Moldova; ME MNE Montenegro;
MF MAF Saint Martin (French part)/Saint Martin/St Martin; MG MDG Madagascar; MH MHL Marshall Islands;
MK MKD North Macedonia/Macedonia; ML MLI Mali; MM MMR Myanmar/Burma; MN MNG Mongolia;
MO MAC Macao/Macau/Macao SAR/Macao SAR China; MP MNP Northern Mariana Islands; MQ MTQ Martinique;
MR MRT Mauritania; MS MSR Montserrat; MT MLT Malta; MU MUS Mauritius; MV MDV Maldives; MW MWI Malawi;
MX MEX Mexico; MY MYS Malaysia; MZ MOZ Mozambique; NA NAM Namibia; NC NCL New Caledonia; NE NER Niger;
NF NFK Norfolk Island; NG NGA Nigeria; NI NIC Nicaragua;
NL NLD Netherlands, Kingdom of the/Kingdom of the Netherlands/Netherlands/Holland; NO NOR Norway; NP NPL Nepal;
NR NRU Nauru; NU NIU Niue; NZ NZL New Zealand; OM OMN Oman; PA PAN Panama; PE PER Peru; PF PYF French Polynesia;
PG PNG Papua New Guinea; PH PHL Philippines; PK PAK Pakistan; PL POL Poland;
PM SPM Saint Pierre and Miquelon/St Pierre and Miquelon; PN PCN Pitcairn/Pitcairn Islands; PR PRI Puerto Rico;
PS PSE Palestine, State of/State of Palestine/Palestine/Palestinian Territories; PT PRT Portugal; PW PLW Palau;
PY PRY Paraguay; QA QAT Qatar; RE REU Réunion; RO ROU Romania; RS SRB Serbia; RU RUS Russian Federation/Russia;
RW RWA Rwanda; SA SAU Saudi Arabia/Kingdom of Saudi Arabia/KSA; SB SLB Solomon Islands; SC SYC Seychelles;
SD SDN Sudan; SE SWE Sweden; SG SGP Singapore;
SH SHN Saint Helena, Ascension and Tristan da Cunha/Saint Helena/St Helena; SI SVN Slovenia;
SJ SJM Svalbard and Jan Mayen; SK SVK Slovakia/Slovak Republic; SL SLE Sierra Leone; SM SMR San Marino;
SN SEN Senegal; SO SOM Somalia; SR SUR Suriname; SS SSD South Sudan; ST STP Sao Tome and Principe;
SV SLV El Salvador; SX SXM Sint Maarten (Dutch part)/Sint Maarten; SY SYR Syrian Arab Republic/Syria;
SZ SWZ Eswatini/Swaziland; TC TCA Turks and Caicos Islands; TD TCD Chad;
TF ATF French Southern Territories; TG TGO Togo; TH THA Thailand; TJ TJK Tajikistan; TK TKL Tokelau;
TL TLS Timor-Leste/East Timor; TM TKM Turkmenistan; TN TUN Tunisia; TO TON Tonga; TR TUR Türkiye/Turkey;
TT TTO Trinidad and Tobago; TV TUV Tuvalu; TW TWN Taiwan, Province of China/Taiwan;
TZ TZA Tanzania, United Republic of/Tanzania; UA UKR Ukraine; UG UGA Uganda;
UM UMI United States Minor Outlying Islands/US Minor Outlying Islands;
US USA United States of America/United States; UY URY Uruguay; UZ UZB Uzbekistan;
VA VAT Holy See/Holy See (Vatican City State)/Vatican City State/Vatican City/Vatican;
VC VCT Saint Vincent and the Grenadines/St Vincent and the Grenadines;
VE VEN Venezuela, Bolivarian Republic of/Venezuela; VG VGB Virgin Islands (British)/British Virgin Islands/BVI;
VI VIR Virgin Islands (US)/US Virgin Islands/United States Virgin Islands; VN VNM Viet Nam/Vietnam;
VU VUT Vanuatu; WF WLF Wallis and Futuna; WS WSM Samoa; YE YEM Yemen; YT MYT Mayotte; ZA ZAF South Africa;
ZM ZMB Zambia; ZW ZWE Zimbabwe
"""

_DROPPED = ".'\u2019"


def _folded(name: str) -> str:
    """Without case, accents, points, apostrophes, a leading article, and what else stands between words."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter) and letter not in _DROPPED)
    return " ".join("".join(letter if letter.isalnum() else " " for letter in kept).split()).removeprefix("the ")


@cache
def _by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in _TABLE.split(";"):
        alpha_2, alpha_3, names = row.strip().split(" ", 2)
        found |= {_folded(name): alpha_2 for name in (alpha_2, alpha_3, *names.split("/"))}
    return found


def country(text: Any) -> Any:
    """The ISO 3166-1 alpha-2 code of a country's code or English name, in any case; FAILED for any other text."""
    return _by_name().get(_folded(text), FAILED)
