//! Words that begin sentences or head paragraphs and are nobody's name, English and Spanish, in small letters.

use std::collections::BTreeSet;

const ENGLISH: &str = "\
a about access additional affected after again all also although ambulance ambulances an and another any anybody \
anyone anything appointment appointments are around as ask at authorities because before being believe between \
beyond both bring but by call can care careful caregivers changes check chief children classes clinic clinical \
clinics closed colleagues community confirmed contact contacting continue counseling counselling counsellors \
counselors critical currently customers data dear delays deputy director do doctor doctors doesn't don't doors dr \
during each earlier early either email emergency employees enough entrance entry essential even every everyone \
everything except experts facilities facility families family find fire first following food for free from full \
further general get given go good had has have he hearing hello help her here his hospital hospitals hotline hours \
how however i i'm i've identity if immediate important in individuals information inside instead investigation \
investigators involved is it it's its just keep last later latest learn leave let letters life like listen live \
loved main making managers many meanwhile measures media medical medicine medicines members message messages minor \
more most moving mr mrs ms much my name names network networks never news next no nobody none not nothing notice now \
nurse nurses of officers officials often on once one online only open operations or other others our out outpatient \
over parents parking partners patience patient patients people people's personal phone phones physicians place \
please plus police power preliminary president privacy procedures prof protecting public question questions rather \
reach read records regarding relatives repairs residents responders right safety scheduled schedules security see \
service services several share she should signs since so social some something soon sorry speaking specialists \
spokesman spokesperson spokeswoman st staff statement stay still stop such support surgeon surgeries surgery systems \
take team teams technicians telephone tests thank thanks that that's the their them then there there's these they \
they're this those though three through to today together tomorrow tonight transport treatment two under \
unfortunately until up update updates urgent us use used users using vaccines very visit visitors volunteers wait \
wards was watch water we we'll we're we've website were what whatever when whenever where whether which while who \
why with within without work workers working would write yes yesterday yet you you'll you're your yours";

const SPANISH: &str = "\
a acceso actualmente acuda además agradecemos ahora al algo alguien algunas algunos ambos ambulancias ante antes \
aquí asimismo así atención aunque autoridades avisaremos ayer ayuda aún bajo bomberos cada centro cerca cirugías \
citas clínica como comunicado comunidad con confirmado confirmamos consulte contamos continuamos continúa contra \
cualquier cuando cuándo cómo dado datos de debe deben debido del dentro desde después director directora disculpe \
doctor doctora donde dr dra durante dónde el ella ellas ello ellos emergencia empleados en enfermera enfermeras \
enfermero enfermeros entrada entradas entre equipo equipos era es esa ese eso esperamos esta estamos estaremos estas \
este estimados esto estos está están evite familiares familias fue fuera gente gracias ha hacemos haga hasta hay \
hemos hola horario hospital hoy incluso información iremos jefa jefe la lamentablemente lamentamos las le les llamar \
llame llegue lleve lo los luego línea manténgase mañana medicinas mientras muchas muchos más médica médicas médico \
médicos nada nadie ni ninguna ningún niños no nombre nos nosotros nuestra nuestras nuestro nuestros nuevas nuevo \
números o objetivo otra otras otro otros paciente pacientes para pedimos permanezca pero personal personas poco \
policía por porque posible posibles pregunta preguntas primero pronto próxima próximo puede pueden puertas público \
que quien quienes quienquiera quién qué recibimos recuerde registros regrese sabemos salga se sea seguimos seguridad \
seguro según servicio servicios será serán señales si siempre siga sigue siguen sin sistema sistemas sitio sobre \
solicitamos somos son sr sra srta su sus sí también tampoco tan tanto te teléfono tenemos tiene tienen toda todas \
todavía todo todos trabajadores trabajamos tras tratamos tu un una unas unos urgencias usamos use usted ustedes \
vacunas vamos vecinos ver visitantes visitas visite volveremos y ya él";

const CALENDAR: &str = "\
january february march april may june july august september october november december jan feb mar apr jun jul aug \
sep sept oct nov dec enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre \
diciembre monday tuesday wednesday thursday friday saturday sunday lunes martes miércoles jueves viernes sábado \
domingo utc gmt english spanish inglés español";

/// Titles whose full stop ends no sentence.
const TITLES: [&str; 11] = ["dr", "dra", "mr", "mrs", "ms", "prof", "st", "sr", "sra", "srta", "no"];

/// All of them.
pub(in crate::core::lint) fn ordinary_words() -> BTreeSet<&'static str> {
    [ENGLISH, SPANISH, CALENDAR].into_iter().flat_map(str::split_ascii_whitespace).collect()
}

pub(super) fn is_title(word: &str) -> bool {
    TITLES.contains(&word)
}
