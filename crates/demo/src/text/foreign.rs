//! The same things said in German, French and Spanish, and in English by people who learned it late.
//!
//! - In: a topic.
//! - Out: sentence templates, or nothing where English will do.
//! - Never: machine pidgin made for fun; these are the letters a support desk gets.

use crate::text::{Lines, Topic};

pub(crate) fn german(topic: Topic) -> Lines {
    match topic {
        Topic::MissingPart => &[
            "In der Lieferung {order} fehlt das Teil {part}.",
            "Laut Lieferschein ist {part} dabei, im Karton war aber nichts.",
        ],
        Topic::Billing => &[
            "Die Rechnung {invoice} über {amount} stimmt nicht mit der Auftragsbestätigung überein.",
            "Wir haben {invoice} doppelt erhalten, bitte um Storno.",
        ],
        Topic::Warranty => &[
            "Die Ablehnung der Gewährleistung für {serial} akzeptieren wir nicht.",
            "Das Gerät {serial} läuft seit 15 Monaten, vereinbart waren 24 Monate Garantie.",
        ],
        Topic::Malfunction => &[
            "Die Pumpe {serial} schaltet alle paar Stunden ab, Fehler E-31.",
            "Seit dem Update zeigt {serial} nur noch Unsinn an.",
        ],
        Topic::Safety => &[
            "Aus {serial} tritt Chlorbleichlauge aus, wir haben den Bereich gesperrt!",
            "Am Klemmkasten von {serial} hat es gefunkt, das ist gefährlich.",
        ],
        Topic::HowTo => &[
            "Wie stelle ich die Alarmgrenzen am Gerät {serial} ein?",
            "Gibt es eine deutsche Anleitung für {serial}?",
            "Wie oft muss {part} bei chlorhaltigem Wasser getauscht werden?",
            "Kann man die Messwerte automatisch als CSV exportieren?",
            "Was bedeutet das gelbe Dreieck auf der Anzeige?",
            "Welches Ersatzteil passt zu {serial}? Im Katalog stehen zwei.",
        ],
        Topic::Late => &[
            "Der Auftrag {order} ist jetzt {days} Tage überfällig, wann kommt die Ware?",
            "Wir haben den Stillstand extra auf Ihren Liefertermin gelegt. Es kam nichts.",
            "Zum wiederholten Mal: wo bleibt {order}?",
            "Sie hatten uns den {date} zugesagt. Darauf haben wir uns verlassen.",
        ],
        Topic::Refund => &[
            "Die Dichtungen aus {order} sind Schrott, wir möchten unser Geld zurück.",
            "Bitte erstatten Sie uns {amount} für {order}.",
        ],
        Topic::Supervisor => &[
            "Ich möchte bitte mit Ihrem Vorgesetzten sprechen.",
            "Bitte verbinden Sie mich mit jemandem, der entscheiden kann.",
            "Kann ich hier mit einem Menschen reden?",
        ],
        Topic::Complaint => &[
            "Bitte behandeln Sie dieses Schreiben als förmliche Beschwerde.",
            "Wir behalten uns Schadenersatz für {days} Tage Produktionsausfall vor.",
        ],
        Topic::NoReply => {
            &["Seit Tagen keine Antwort.", "Das Ticket wurde geschlossen, gelöst ist aber nichts."]
        }
        Topic::Thanks => &[
            "Hat geklappt, vielen Dank!",
            "Alles klar, danke.",
            "Perfekt, läuft wieder.",
            "Super, danke für die schnelle Hilfe.",
        ],
        Topic::Pricing => &[
            "Bitte senden Sie uns ein Angebot über sechs Stück inklusive Inbetriebnahme.",
            "Was kostet der Wartungsvertrag pro Jahr für zwei Standorte?",
        ],
        Topic::Executive => &[
            "Unser Geschäftsführer würde vor der Unterschrift gern mit Ihrer Geschäftsleitung sprechen.",
        ],
        _ => &[],
    }
}

pub(crate) fn french(topic: Topic) -> Lines {
    match topic {
        Topic::MissingPart => &["Il manque la pièce {part} dans la livraison {order}."],
        Topic::Billing => {
            &["La facture {invoice} d'un montant de {amount} ne correspond pas à notre commande."]
        }
        Topic::Warranty => &["Nous contestons le refus de garantie pour l'appareil {serial}."],
        Topic::Malfunction => &[
            "L'appareil {serial} s'arrête toutes les heures, erreur E-12.",
            "Les mesures de {serial} sont fausses depuis lundi.",
        ],
        Topic::Safety => &["Il y a une fuite de javel sous {serial}, c'est dangereux !"],
        Topic::HowTo => &[
            "Comment régler les seuils d'alarme sur {serial} ?",
            "Où puis-je trouver la notice de {serial} en français ?",
            "Peut-on exporter les mesures du mois dernier ?",
        ],
        Topic::Late => &["La commande {order} a {days} jours de retard, où est-elle ?"],
        Topic::Refund => &["Les joints sont défectueux, merci de nous rembourser {amount}."],
        Topic::Supervisor => {
            &["Je veux parler à un responsable.", "Y a-t-il une vraie personne ici ?"]
        }
        Topic::Complaint => &["Veuillez considérer ce courrier comme une réclamation officielle."],
        Topic::NoReply => &["Toujours aucune réponse de votre part."],
        Topic::Thanks => &["C'est parfait, merci beaucoup.", "Très réactif, bravo."],
        Topic::Pricing => {
            &["Pourriez-vous nous envoyer un devis pour quatre unités, mise en service comprise ?"]
        }
        _ => &[],
    }
}

pub(crate) fn spanish(topic: Topic) -> Lines {
    match topic {
        Topic::MissingPart => &["En el pedido {order} falta la pieza {part}."],
        Topic::Billing => &["La factura {invoice} de {amount} no coincide con lo acordado."],
        Topic::Warranty => &["No aceptamos el rechazo de la garantía del equipo {serial}."],
        Topic::Malfunction => {
            &["El equipo {serial} se para cada noche.", "Desde la actualización {serial} mide mal."]
        }
        Topic::Safety => &["Sale humo de {serial}, hemos parado la línea por seguridad."],
        Topic::HowTo => &[
            "¿Cómo se ajustan los límites de alarma en {serial}?",
            "¿Dónde encuentro el manual de {serial} en español?",
            "¿Se pueden exportar las lecturas del mes pasado?",
        ],
        Topic::Late => &["El pedido {order} lleva {days} días de retraso y nadie nos avisa."],
        Topic::Refund => &["Las juntas están defectuosas, queremos el reembolso de {amount}."],
        Topic::Supervisor => {
            &["Quiero hablar con un supervisor, por favor.", "¿Hay alguna persona ahí?"]
        }
        Topic::Complaint => &["Les ruego que traten este correo como una reclamación formal."],
        Topic::NoReply => &["Sigo esperando respuesta."],
        Topic::Thanks => &["Perfecto, muchas gracias.", "Resuelto, gracias por la ayuda."],
        Topic::Pricing => &["¿Nos pueden mandar una oferta por seis unidades, por favor?"],
        _ => &[],
    }
}

pub(crate) fn learned_english(topic: Topic) -> Lines {
    match topic {
        Topic::MissingPart => &[
            "In the box of {order} is not the {partname}, we searched also in the paper.",
            "We have received the order {order} but not complete, it misses {part}.",
        ],
        Topic::Billing => &[
            "The bill {invoice} is not matching with our order, please to check.",
            "We have payed already {amount}, why you ask again?",
        ],
        Topic::Warranty => &[
            "The machine {serial} is still in the garantie, why we must pay?",
            "I am not agree with the decision of the warranty.",
        ],
        Topic::Malfunction => &[
            "The machine {serial} makes every day a stop since two weeks.",
            "After we change the {partname} it is working one hour and then again error.",
        ],
        Topic::Safety => &["It comes smoke from the {serial}, people are afraid to go near."],
        Topic::HowTo => &[
            "I would like to know how can I configure the alarm of {serial}?",
            "Please explain me the calibration, the manual is not so clear for us.",
            "Which is the good {partname} for our {serial}, we are not sure.",
            "How must we do when the {product} shows the yellow lamp?",
            "It exists a possibility to send the values by mail each week?",
        ],
        Topic::Late => &[
            "We wait since {days} days for the {order}, please give information.",
            "You have promised the {date}. Now it is later and we have nothing.",
        ],
        Topic::Refund => &["The quality of {part} is very bad, please return the money {amount}."],
        Topic::Supervisor => &[
            "I want that your chief is calling me.",
            "Is it possible to speak with a person, not a machine?",
        ],
        Topic::Complaint => &["With this mail we make an official complain."],
        Topic::NoReply => &["I wrote already three times and nobody is answering me."],
        Topic::Thanks => &[
            "It functions now, thank you for your support.",
            "Ok it is clear now, many thanks.",
            "Very good service, thanks a lot.",
        ],
        Topic::Pricing => &["Please send us your best price for {product}, quantity six."],
        Topic::Executive => &["Our director wishes to know your director before the signing."],
        _ => &[],
    }
}
