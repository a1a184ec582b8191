#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// The words that the Atlas example's rows are made of: names of people from many languages with
// the characters that break naive code (four-byte UTF-8, combining marks, apostrophes, blanks
// inside a given name), team titles, categories and places.
namespace atlas::app {

struct Word {
  std::string_view text;
  std::string_view ascii;  // as an e-mail address spells it
};
struct Names {
  std::array<Word, 4> first;
  std::array<Word, 4> last;
};

inline constexpr std::array<Names, 14> kNames = {{
    {.first = {{{"Anna", "anna"}, {"Jürgen", "juergen"}, {"Käthe", "kaethe"}, {"Uwe", "uwe"}}},
     .last =
         {{{"Müller", "mueller"}, {"Groß", "gross"}, {"Schmidt", "schmidt"}, {"Böhm", "boehm"}}}},
    {.first = {{{"Zoë", "zoe"}, {"François", "francois"}, {"Hélène", "helene"}, {"Luc", "luc"}}},
     .last = {{{"D'Artois", "dartois"},
               {"Lefèvre", "lefevre"},
               {"N'Diaye", "ndiaye"},
               {"L'Écuyer", "lecuyer"}}}},
    {.first = {{{"María", "maria"}, {"José", "jose"}, {"Íñigo", "inigo"}, {"Lucía", "lucia"}}},
     .last = {{{"Núñez", "nunez"}, {"García", "garcia"}, {"Peña", "pena"}, {"Ibáñez", "ibanez"}}}},
    {.first =
         {{{"Siobhán", "siobhan"}, {"Sean", "sean"}, {"Aoife", "aoife"}, {"Róisín", "roisin"}}},
     .last = {{{"O'Brien", "obrien"},
               {"O'Neill", "oneill"},
               {"Ní Bhriain", "nibhriain"},
               {"McCarthy", "mccarthy"}}}},
    {.first = {{{"Łukasz", "lukasz"}, {"Żaneta", "zaneta"}, {"Paweł", "pawel"}, {"Ewa", "ewa"}}},
     .last = {{{"Wiśniewski", "wisniewski"},
               {"Żak", "zak"},
               {"Dąbrowska", "dabrowska"},
               {"Nowak", "nowak"}}}},
    {.first = {{{"Şebnem", "sebnem"}, {"İlker", "ilker"}, {"Ayşe", "ayse"}, {"Işıl", "isil"}}},
     .last = {{{"Yıldız", "yildiz"}, {"Çelik", "celik"}, {"Öztürk", "oeztuerk"}, {"Ağa", "aga"}}}},
    {.first = {{{"Björk", "bjoerk"}, {"Þór", "thor"}, {"Søren", "soeren"}, {"Åsa", "aasa"}}},
     .last = {{{"Guðmundsdóttir", "gudmundsdottir"},
               {"Ångström", "aangstroem"},
               {"Kierkegård", "kierkegaard"},
               {"Ævarsson", "aevarsson"}}}},
    {.first =
         {{{"Ελένη", "eleni"}, {"Νίκος", "nikos"}, {"Σοφία", "sofia"}, {"Γιώργος", "giorgos"}}},
     .last = {{{"Παπαδοπούλου", "papadopoulou"},
               {"Ιωάννου", "ioannou"},
               {"Βλάχος", "vlachos"},
               {"Καλλιάς", "kallias"}}}},
    {.first =
         {{{"Оксана", "oksana"}, {"Дмитро", "dmytro"}, {"Наталія", "nataliia"}, {"Юрій", "yurii"}}},
     .last = {{{"Шевченко", "shevchenko"},
               {"Мар'яненко", "marianenko"},
               {"Коваль", "koval"},
               {"Ткачук", "tkachuk"}}}},
    {.first = {{{"ليلى", "layla"}, {"يوسف", "yusuf"}, {"مريم", "maryam"}, {"عمر", "umar"}}},
     .last =
         {{{"الخطيب", "alkhatib"}, {"حداد", "haddad"}, {"منصور", "mansour"}, {"نجار", "najjar"}}}},
    {.first = {{{"प्रिया", "priya"}, {"अर्जुन", "arjun"}, {"मीरा", "meera"}, {"रवि", "ravi"}}},
     .last = {{{"शर्मा", "sharma"}, {"पटेल", "patel"}, {"गुप्ता", "gupta"}, {"राव", "rao"}}}},
    {.first = {{{"健太", "kenta"}, {"さくら", "sakura"}, {"陽子", "yoko"}, {"翔", "sho"}}},
     .last =
         {{{"𠮷野", "yoshino"}, {"髙橋", "takahashi"}, {"佐藤", "sato"}, {"𡈽屋", "tsuchiya"}}}},
    {.first = {{{"Thị Hương", "huong"}, {"Văn Đức", "duc"}, {"Quỳnh", "quynh"}, {"Minh", "minh"}}},
     .last = {{{"Nguyễn", "nguyen"}, {"Trần", "tran"}, {"Đặng", "dang"}, {"Phạm", "pham"}}}},
    {.first = {{{"Olúwaṣeun", "oluwaseun"},
                {"Adébáyọ̀", "adebayo"},
                {"Chinwe", "chinwe"},
                {"Ngozi", "ngozi"}}},
     .last = {{{"Ọláńrewájú", "olanrewaju"},
               {"Okonkwo", "okonkwo"},
               {"Adéyẹmí", "adeyemi"},
               {"Eze", "eze"}}}},
}};

inline constexpr std::array<Word, 8> kOneWordNames = {{{"Suharto", "suharto"},
                                                       {"Sulistyowati", "sulistyowati"},
                                                       {"王小明", "wangxiaoming"},
                                                       {"김민지", "kimminji"},
                                                       {"Teller", "teller"},
                                                       {"Björk", "bjoerk"},
                                                       {"𠮷", "yoshi"},
                                                       {"ဝင်းထွဋ်", "winhtut"}}};

inline constexpr std::array<Word, 4> kShowcaseNames = {
    {{"Sukarno", "sukarno"},
     {"Anna Maria von Groß", "anna.vongross"},
     {"Mary-Jane O'Sullivan", "maryjane.osullivan"},
     {"𠮷野 健太", "kenta.yoshino"}}};

inline constexpr std::array<std::string_view, 12> kTitles = {
    "Team Isar",    "Équipe Lumière",  "Zespół Wisła", "Nachtschicht",
    "Ground Crew",  "Turno de mañana", "Ekip Boğaz",   "Bereitschaft",
    "Ομάδα Αιγαίο", "夜勤チーム",      "Лінія 2",      "Field \"North\""};

struct CategoryWord {
  std::string_view code;
  std::string_view label;
};
inline constexpr std::array<CategoryWord, 12> kCategoryWords = {{{"field", "Außendienst"},
                                                                 {"office", "Büro"},
                                                                 {"depot", "Depot"},
                                                                 {"workshop", "Werkstatt"},
                                                                 {"delivery", "Zustellung"},
                                                                 {"cleaning", "Reinigung"},
                                                                 {"security", "Sicherheit"},
                                                                 {"gardening", "Grünpflege"},
                                                                 {"winter", "Winterdienst"},
                                                                 {"training", "Übungen & Kurse"},
                                                                 {"standby", "Bereitschaft"},
                                                                 {"other", "Sonstiges"}}};

inline constexpr std::array<std::string_view, 6> kColours = {"#c0392b", "#2980b9", "#27ae60",
                                                             "#f39c12", "#8e44ad", "#7f8c8d"};

struct Place {
  std::string_view name;
  std::int64_t lat_e7;  // degrees times 10^7
  std::int64_t lng_e7;
};
inline constexpr std::array<Place, 10> kPlaces = {{{"Berlin-Mitte", 525200066, 134049540},
                                                   {"Köln-Süd", 509203000, 69579000},
                                                   {"Łódź", 517592000, 194560000},
                                                   {"Reykjavík", 641466000, -219426000},
                                                   {"Quito", -1806530, -784678340},
                                                   {"Suva", -181248000, 1784501000},
                                                   {"Greenwich", 514779000, -14000},
                                                   {"İzmir", 384237000, 271428000},
                                                   {"São Tomé", 3365000, 67273000},
                                                   {"東京", 356762000, 1396503000}}};
inline constexpr std::array<std::string_view, 4> kGeofenceKinds = {"Depot", "Baustelle", "Kunde",
                                                                   "Parkplatz"};

}  // namespace atlas::app
