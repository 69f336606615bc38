//! Lists that decide when two spellings are the same. Short on purpose: what is missing here splits
//! an account in two, which a link mends; what is wrong here would mix two companies.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words to look up.
pub(super) struct Words(LazyLock<HashSet<&'static str>>);

impl Words {
    /// Whether a word is listed.
    pub(super) fn hold(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

/// Declares lists that are written as words.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {$(
        $(#[$doc])*
        pub(super) static $name: Words =
            Words(LazyLock::new(|| $text.split_ascii_whitespace().collect()));
    )*};
}

lists! {
    /// Public suffixes of more than one part, and hosts that give each customer a name of its own.
    SUFFIXES = "\
        ac.at co.at gv.at or.at ac.be com.ar edu.ar gob.ar com.au edu.au gov.au id.au net.au org.au \
        com.bd com.br edu.br gov.br net.br org.br com.bo com.cn edu.cn gov.cn net.cn org.cn com.co \
        co.cr com.cy com.do com.ec com.eg com.gh com.gr com.gt com.hk edu.hk org.hk com.hr co.hu \
        co.id ac.id go.id or.id web.id ac.il co.il gov.il org.il ac.in co.in edu.in firm.in gen.in \
        gov.in ind.in net.in org.in ac.ir co.ir co.it ac.jp ad.jp co.jp ed.jp go.jp gr.jp lg.jp ne.jp \
        or.jp co.ke ac.kr co.kr go.kr or.kr re.kr com.kw com.lb com.ly co.ma com.mk com.mt com.mx \
        edu.mx gob.mx org.mx com.my edu.my gov.my com.na com.ng com.ni ac.nz co.nz geek.nz gen.nz \
        govt.nz net.nz org.nz com.om com.pa com.pe com.ph com.pk com.pl edu.pl gov.pl net.pl org.pl \
        com.pt com.py com.qa com.ro com.ru com.sa edu.sa com.sg edu.sg gov.sg com.sv ac.th co.th go.th \
        or.th com.tn com.tr edu.tr gov.tr org.tr com.tw edu.tw gov.tw org.tw co.tz com.ua co.ug ac.uk \
        co.uk gov.uk ltd.uk me.uk net.uk nhs.uk org.uk plc.uk police.uk sch.uk com.uy co.uz co.ve com.ve \
        com.vn edu.vn gov.vn ac.za co.za gov.za net.za org.za web.za co.zm co.zw \
        appspot.com atlassian.net azurewebsites.net blogspot.com cloudfront.net freshdesk.com github.io \
        gitlab.io herokuapp.com hubspot.com intercom.help myshopify.com netlify.app onmicrosoft.com \
        pages.dev salesforce.com sharepoint.com squarespace.com vercel.app weebly.com wixsite.com \
        wordpress.com workers.dev zendesk.com";

    /// Mail providers whose addresses anybody can have.
    FREE_MAIL = "\
        126.com 163.com abv.bg aim.com alice.it aol.com aol.de appleid.com arcor.de att.net \
        bellsouth.net bigpond.com bk.ru bluewin.ch bol.com.br bt.com btinternet.com centrum.cz \
        charter.net comcast.net cox.net daum.net duck.com email.com email.cz email.de fastmail.com \
        foxmail.com free.fr freenet.de gmail.com googlemail.com hanmail.net hey.com home.nl hushmail.com \
        icloud.com inbox.com inbox.lv inbox.ru interia.pl kpnmail.nl laposte.net libero.it list.ru \
        live.be live.ca live.co.uk live.com live.com.au live.de live.fr live.it live.nl mac.com mail.com \
        mail.de mail.ee mail.ru mailbox.org mailfence.com me.com mozmail.com msn.com naver.com neuf.fr \
        o2.pl onet.pl online.de op.pl optonline.net optusnet.com.au orange.fr outlook.at outlook.com \
        outlook.com.br outlook.de outlook.es outlook.fr outlook.it pm.me posteo.de proton.me \
        protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com rogers.com \
        sbcglobal.net sapo.pt seznam.cz sfr.fr shaw.ca sina.com skynet.be sky.com sohu.com \
        sympatico.ca t-online.de talktalk.net telenet.be telus.net terra.com.br tin.it tuta.com \
        tuta.io tutanota.com tutanota.de ukr.net unitybox.de uol.com.br verizon.net virgilio.it \
        virgin.net virginmedia.com wanadoo.fr web.de windowslive.com wp.pl xs4all.nl ya.ru yeah.net \
        ymail.com zohomail.com zoho.com ziggo.nl";

    /// Words at the end of a name that say what kind of company it is, without dots and accents.
    LEGAL_FORMS = "\
        ab ag aps as asa bhd bv bvba ca cia co cokg cokgaa company coohg corp corporation cv cvba doo dba ead ee eg eirl ev \
        eurl gbr gesmbh ggmbh gmbh inc incorporated kft kg kgaa kk kkt lda limited llc lllp llp lp ltd \
        ltda mbh nv nyrt od oe ohg oo ooo oao zao oy oyj pjsc plc pte pty pvt rt sa sac saoc saog sapi \
        sarl sarlu sas sasu scs sdn se sgps sia sl slu snc sp spa spk spol sprl srl srls sro ug uab vof \
        z zoo zrt and et und y haftungsbeschrankt haftungsbeschraenkt";

    /// Words that many companies use; a name of these alone is nobody's.
    GENERIC = "\
        account africa agency america asia bank business client clients company companies consulting \
        consultants customer customers default demo deutschland digital enterprise enterprises europa \
        europe example firma france germany global group groupe gruppe gruppo holding holdings house \
        india industrial industries industry information international italia kunde kunden logistics \
        management marketing media national none null of office online other partner partners \
        private privat private prospect service services shop software solution solutions store studio \
        support system systeme systems team tech technologies technology test testing the trading \
        unbekannt union unknown unternehmen usa ventures verein web world worldwide";
}

/// Providers that use their name under many suffixes.
pub(super) const FREE_MAIL_BRANDS: [&str; 4] = ["gmx", "hotmail", "yahoo", "yandex"];

/// What people write where others write `&`.
pub(super) const AND: [&str; 3] = ["and", "et", "und"];

/// Letters with what stands for them once accents are gone; all lower case.
pub(super) const FOLDS: [(&str, &str); 27] = [
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧạảấầẩẫậắằẳẵặ"),
    ("ae", "æǣǽ"),
    ("c", "çćĉċč"),
    ("d", "ðďđḍ"),
    ("e", "èéêëēĕėęěȅȇȩẹẻẽếềểễệ"),
    ("g", "ĝğġģǧǵ"),
    ("h", "ĥħḥ"),
    ("i", "ìíîïĩīĭįıǐȉȋỉị"),
    ("j", "ĵǰ"),
    ("k", "ķĸǩ"),
    ("l", "ĺļľŀłḷ"),
    ("n", "ñńņňŉŋǹṇ"),
    ("o", "òóôõöøōŏőơǒǫǿȍȏȫȭȯọỏốồổỗộớờởỡợ"),
    ("oe", "œ"),
    ("r", "ŕŗřȑȓṛ"),
    ("s", "śŝşšșṣſ"),
    ("ss", "ß"),
    ("t", "ţťŧțṭ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗụủứừửữự"),
    ("v", "ṽṿ"),
    ("w", "ŵẁẃẅ"),
    ("y", "ýÿŷȳỳỵỷỹ"),
    ("z", "źżžẓ"),
    ("dz", "ǆǳ"),
    ("lj", "ǉ"),
    ("nj", "ǌ"),
];
