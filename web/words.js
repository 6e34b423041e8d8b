// What the page says, in each language. {name} and the like are filled in.

const en = {
  title: 'Quartet', tagline: 'Video calls for up to four. Encrypted from end to end.',
  'start-call': 'Start a call', 'start-hint': 'Makes a room that only those who have its link can find.',
  'ready': 'Ready to join?', 'room': 'Room {room}', 'your-name': 'Your name', 'name-hint': 'So that the others know who you are',
  join: 'Join now', joining: 'Joining …', knocking: 'A host has been asked to let you in …', cancel: 'Cancel',
  camera: 'Camera', mic: 'Microphone', speaker: 'Loudspeaker', level: 'Your voice', 'default-device': 'System default',
  'net-testing': 'Testing the network …', 'net-good': 'Network: good, {ms} ms to the server',
  'net-slow': 'Network: slow, {ms} ms to the server', 'net-none': 'The server does not answer',
  'net-blocked': 'No network path for calls was found',
  'camera-off-preview': 'Your camera is off', 'try-again': 'Try again',
  'camera-refused': 'This page may not use your camera. Allow it beside the address bar, then try again. You can also join without.',
  'mic-refused': 'This page may not use your microphone. Allow it beside the address bar, then try again. You can listen without.',
  'both-refused': 'This page may not use camera and microphone. Allow them beside the address bar, then try again. You can also join without and watch.',
  'camera-missing': 'No camera was found. You can join without: the others see your initials.',
  'mic-missing': 'No microphone was found. You can join and listen.',
  'both-missing': 'Neither camera nor microphone was found. You can join, watch, listen and write.',
  'camera-busy': 'Another program uses your camera. Close it, then try again.',
  'mic-busy': 'Another program uses your microphone. Close it, then try again.',
  'camera-broken': 'The camera could not be started.', 'mic-broken': 'The microphone could not be started.',
  'camera-lost': 'Your camera was unplugged.', 'mic-lost': 'Your microphone was unplugged.',
  insecure: 'Browsers give camera and microphone only to pages over https or localhost. You can join and watch.',
  mute: 'Turn microphone off', unmute: 'Turn microphone on', 'camera-off': 'Turn camera off', 'camera-on': 'Turn camera on',
  share: 'Share screen', unshare: 'Stop sharing', react: 'React or raise hand', chat: 'Chat', more: 'More', leave: 'Leave call',
  'raise-hand': 'Raise hand', 'lower-hand': 'Lower hand', flip: 'Switch camera', 'view-speaker': 'Speaker view',
  'view-grid': 'Tiles', stats: 'Statistics', invite: 'Copy link', copied: 'Link copied', language: 'Language', close: 'Close',
  controls: 'Call controls', participants: 'Participants', you: 'You', guest: 'Guest',
  alone: 'Nobody else is here yet', 'alone-hint': 'Send them the link of this page.',
  'chat-empty': 'Messages go to everyone in the call. The server passes them on and keeps none.', 'chat-placeholder': 'Write to everyone',
  send: 'Send', 'chat-from': '{name} writes: {text}',
  'came': '{name} is here', 'went': '{name} has left', 'hand-up': '{name} raises a hand', 'reacts': '{name}: {text}',
  'you-are-muted': 'You are muted', 'mute-asked': '{name} asks you to mute yourself',
  'is-muted': 'microphone off', 'has-hand': 'hand raised', 'shares': '{name} shares a screen', 'you-share': 'You share your screen',
  'reconnecting': 'Connection to the server lost. Your call goes on; reconnecting …', 'reconnected': 'Connected again',
  'leg-connecting': 'Connecting …', 'leg-disconnected': 'Interrupted. Trying to reach {name} again …',
  'quality-0': 'no connection', 'quality-1': 'bad connection', 'quality-2': 'fair connection', 'quality-3': 'good connection',
  'cause-interrupted': 'The connection to {name} is interrupted', 'cause-connecting': 'Connecting to {name}',
  'cause-silent': 'Nothing comes from {name} at the moment',
  'cause-their-upload': '{name}’s upload is weak', 'cause-their-download': '{name}’s download is weak',
  'cause-our-download': 'Your download is weak', 'cause-our-upload': 'Your upload is weak',
  'cause-far': '{name} is heard late: {ms} ms there and back', 'cause-our-cpu': 'This device is busy: your picture is made smaller',
  'ended-left': 'You have left the call', 'ended-room-full': 'This call already has four people',
  'ended-locked': 'This call is locked', 'ended-denied': 'A host did not let you in', 'ended-removed': 'A host removed you from the call',
  'ended-ended': 'The host has ended the call', 'ended-token': 'Your invitation is not valid or has run out',
  'ended-bad-room': 'This is no link to a call', 'ended-version': 'This page is too old for the server. Load it again.',
  'ended-unreachable': 'The server cannot be reached', 'ended-other': 'The call could not be joined', rejoin: 'Join again', home: 'Start page',
  'trust': 'Encrypted end to end', 'trust-hint': 'Sound and picture go directly between the participants; the server cannot hear or see them. You trust the server that gave you this page.',
  'stat-picture': 'Picture', 'stat-rate': 'Receiving', 'stat-sent': 'Sending', 'stat-rtt': 'Round trip', 'stat-loss': 'Loss',
  'stat-jitter': 'Jitter', 'stat-path': 'Path', 'path-direct': 'direct', 'path-relay': 'relayed', 'keys': 'Keys: M microphone, V camera, C chat, H hand, S statistics',
  'hear': 'Click to hear the others', unread: '{n} new',
};

const de = {
  title: 'Quartet', tagline: 'Videoanrufe für bis zu vier. Ende zu Ende verschlüsselt.',
  'start-call': 'Anruf beginnen', 'start-hint': 'Öffnet einen Raum, den nur findet, wer den Link hat.',
  'ready': 'Bereit zum Beitreten?', 'room': 'Raum {room}', 'your-name': 'Dein Name', 'name-hint': 'Damit die anderen wissen, wer du bist',
  join: 'Jetzt beitreten', joining: 'Beitritt …', knocking: 'Ein Gastgeber wurde gefragt, ob er dich einlässt …', cancel: 'Abbrechen',
  camera: 'Kamera', mic: 'Mikrofon', speaker: 'Lautsprecher', level: 'Deine Stimme', 'default-device': 'Standard des Systems',
  'net-testing': 'Netz wird geprüft …', 'net-good': 'Netz: gut, {ms} ms zum Server',
  'net-slow': 'Netz: langsam, {ms} ms zum Server', 'net-none': 'Der Server antwortet nicht',
  'net-blocked': 'Es fand sich kein Netzweg für Anrufe',
  'camera-off-preview': 'Deine Kamera ist aus', 'try-again': 'Noch einmal',
  'camera-refused': 'Diese Seite darf die Kamera nicht benutzen. Erlaube es neben der Adresszeile und versuche es noch einmal. Du kannst auch ohne beitreten.',
  'mic-refused': 'Diese Seite darf das Mikrofon nicht benutzen. Erlaube es neben der Adresszeile und versuche es noch einmal. Zuhören geht auch ohne.',
  'both-refused': 'Diese Seite darf Kamera und Mikrofon nicht benutzen. Erlaube es neben der Adresszeile und versuche es noch einmal. Zusehen geht auch ohne.',
  'camera-missing': 'Es fand sich keine Kamera. Du kannst ohne beitreten: die anderen sehen deine Initialen.',
  'mic-missing': 'Es fand sich kein Mikrofon. Du kannst beitreten und zuhören.',
  'both-missing': 'Es fanden sich weder Kamera noch Mikrofon. Du kannst beitreten, zusehen, zuhören und schreiben.',
  'camera-busy': 'Ein anderes Programm benutzt die Kamera. Schließe es und versuche es noch einmal.',
  'mic-busy': 'Ein anderes Programm benutzt das Mikrofon. Schließe es und versuche es noch einmal.',
  'camera-broken': 'Die Kamera ließ sich nicht starten.', 'mic-broken': 'Das Mikrofon ließ sich nicht starten.',
  'camera-lost': 'Deine Kamera wurde abgezogen.', 'mic-lost': 'Dein Mikrofon wurde abgezogen.',
  insecure: 'Browser geben Kamera und Mikrofon nur an Seiten über https oder localhost. Du kannst beitreten und zusehen.',
  mute: 'Mikrofon ausschalten', unmute: 'Mikrofon einschalten', 'camera-off': 'Kamera ausschalten', 'camera-on': 'Kamera einschalten',
  share: 'Bildschirm teilen', unshare: 'Teilen beenden', react: 'Reagieren oder Hand heben', chat: 'Chat', more: 'Mehr', leave: 'Anruf verlassen',
  'raise-hand': 'Hand heben', 'lower-hand': 'Hand senken', flip: 'Kamera wechseln', 'view-speaker': 'Sprecheransicht',
  'view-grid': 'Kacheln', stats: 'Statistik', invite: 'Link kopieren', copied: 'Link kopiert', language: 'Sprache', close: 'Schließen',
  controls: 'Anrufsteuerung', participants: 'Teilnehmer', you: 'Du', guest: 'Gast',
  alone: 'Noch ist niemand sonst da', 'alone-hint': 'Schicke ihnen den Link dieser Seite.',
  'chat-empty': 'Nachrichten gehen an alle im Anruf. Der Server reicht sie weiter und behält keine.', 'chat-placeholder': 'An alle schreiben',
  send: 'Senden', 'chat-from': '{name} schreibt: {text}',
  'came': '{name} ist da', 'went': '{name} ist gegangen', 'hand-up': '{name} hebt die Hand', 'reacts': '{name}: {text}',
  'you-are-muted': 'Dein Mikrofon ist aus', 'mute-asked': '{name} bittet dich, dein Mikrofon auszuschalten',
  'is-muted': 'Mikrofon aus', 'has-hand': 'Hand gehoben', 'shares': '{name} teilt einen Bildschirm', 'you-share': 'Du teilst deinen Bildschirm',
  'reconnecting': 'Verbindung zum Server verloren. Der Anruf geht weiter; neuer Versuch …', 'reconnected': 'Wieder verbunden',
  'leg-connecting': 'Verbindung entsteht …', 'leg-disconnected': 'Unterbrochen. {name} wird wieder gesucht …',
  'quality-0': 'keine Verbindung', 'quality-1': 'schlechte Verbindung', 'quality-2': 'mäßige Verbindung', 'quality-3': 'gute Verbindung',
  'cause-interrupted': 'Die Verbindung zu {name} ist unterbrochen', 'cause-connecting': 'Verbindung zu {name} entsteht',
  'cause-silent': 'Von {name} kommt gerade nichts an',
  'cause-their-upload': 'Upload von {name} ist schwach', 'cause-their-download': 'Download von {name} ist schwach',
  'cause-our-download': 'Dein Download ist schwach', 'cause-our-upload': 'Dein Upload ist schwach',
  'cause-far': '{name} ist spät zu hören: {ms} ms hin und zurück', 'cause-our-cpu': 'Dieses Gerät ist ausgelastet: dein Bild wird kleiner',
  'ended-left': 'Du hast den Anruf verlassen', 'ended-room-full': 'In diesem Anruf sind schon vier',
  'ended-locked': 'Dieser Anruf ist abgeschlossen', 'ended-denied': 'Ein Gastgeber hat dich nicht eingelassen', 'ended-removed': 'Ein Gastgeber hat dich entfernt',
  'ended-ended': 'Der Gastgeber hat den Anruf beendet', 'ended-token': 'Deine Einladung gilt nicht oder ist abgelaufen',
  'ended-bad-room': 'Das ist kein Link zu einem Anruf', 'ended-version': 'Diese Seite ist zu alt für den Server. Lade sie neu.',
  'ended-unreachable': 'Der Server ist nicht erreichbar', 'ended-other': 'Der Beitritt gelang nicht', rejoin: 'Wieder beitreten', home: 'Startseite',
  'trust': 'Ende zu Ende verschlüsselt', 'trust-hint': 'Ton und Bild gehen direkt zwischen den Teilnehmern; der Server kann sie weder hören noch sehen. Du vertraust dem Server, von dem diese Seite kommt.',
  'stat-picture': 'Bild', 'stat-rate': 'Empfang', 'stat-sent': 'Versand', 'stat-rtt': 'Umlauf', 'stat-loss': 'Verlust',
  'stat-jitter': 'Jitter', 'stat-path': 'Weg', 'path-direct': 'direkt', 'path-relay': 'über Relais', 'keys': 'Tasten: M Mikrofon, V Kamera, C Chat, H Hand, S Statistik',
  'hear': 'Klicken, um die anderen zu hören', unread: '{n} neu',
};

const ar = {
  title: 'Quartet', tagline: 'مكالمات فيديو لأربعة أشخاص، مشفّرة من طرف إلى طرف.',
  'start-call': 'ابدأ مكالمة', 'start-hint': 'ينشئ غرفة لا يجدها إلا من لديه رابطها.',
  'ready': 'هل أنت جاهز للانضمام؟', 'room': 'الغرفة {room}', 'your-name': 'اسمك', 'name-hint': 'ليعرف الآخرون من أنت',
  join: 'انضم الآن', joining: 'جارٍ الانضمام …', knocking: 'طُلب من المضيف أن يسمح لك بالدخول …', cancel: 'إلغاء',
  camera: 'الكاميرا', mic: 'الميكروفون', speaker: 'مكبر الصوت', level: 'صوتك', 'default-device': 'إعداد النظام',
  'net-testing': 'جارٍ فحص الشبكة …', 'net-good': 'الشبكة جيدة: {ms} مللي ثانية إلى الخادم',
  'net-slow': 'الشبكة بطيئة: {ms} مللي ثانية إلى الخادم', 'net-none': 'الخادم لا يجيب',
  'net-blocked': 'لم يُعثر على مسار للمكالمات في الشبكة',
  'camera-off-preview': 'الكاميرا مغلقة', 'try-again': 'حاول مرة أخرى',
  'camera-refused': 'لا يُسمح لهذه الصفحة باستخدام الكاميرا. اسمح بذلك بجانب شريط العنوان ثم حاول مجددًا. يمكنك الانضمام بدونها.',
  'mic-refused': 'لا يُسمح لهذه الصفحة باستخدام الميكروفون. اسمح بذلك بجانب شريط العنوان ثم حاول مجددًا. يمكنك الاستماع بدونه.',
  'both-refused': 'لا يُسمح لهذه الصفحة باستخدام الكاميرا والميكروفون. اسمح بذلك بجانب شريط العنوان ثم حاول مجددًا. يمكنك الانضمام والمشاهدة.',
  'camera-missing': 'لم يُعثر على كاميرا. يمكنك الانضمام بدونها وسيرى الآخرون الأحرف الأولى من اسمك.',
  'mic-missing': 'لم يُعثر على ميكروفون. يمكنك الانضمام والاستماع.',
  'both-missing': 'لم يُعثر على كاميرا ولا ميكروفون. يمكنك الانضمام والمشاهدة والاستماع والكتابة.',
  'camera-busy': 'يستخدم برنامج آخر الكاميرا. أغلقه ثم حاول مجددًا.',
  'mic-busy': 'يستخدم برنامج آخر الميكروفون. أغلقه ثم حاول مجددًا.',
  'camera-broken': 'تعذّر تشغيل الكاميرا.', 'mic-broken': 'تعذّر تشغيل الميكروفون.',
  'camera-lost': 'فُصلت الكاميرا.', 'mic-lost': 'فُصل الميكروفون.',
  insecure: 'لا تتيح المتصفحات الكاميرا والميكروفون إلا لصفحات https أو localhost. يمكنك الانضمام والمشاهدة.',
  mute: 'أغلق الميكروفون', unmute: 'شغّل الميكروفون', 'camera-off': 'أغلق الكاميرا', 'camera-on': 'شغّل الكاميرا',
  share: 'شارك الشاشة', unshare: 'أوقف المشاركة', react: 'تفاعل أو ارفع يدك', chat: 'الدردشة', more: 'المزيد', leave: 'غادر المكالمة',
  'raise-hand': 'ارفع يدك', 'lower-hand': 'أنزل يدك', flip: 'بدّل الكاميرا', 'view-speaker': 'عرض المتحدث',
  'view-grid': 'عرض الشبكة', stats: 'الإحصاءات', invite: 'انسخ الرابط', copied: 'نُسخ الرابط', language: 'اللغة', close: 'إغلاق',
  controls: 'أدوات المكالمة', participants: 'المشاركون', you: 'أنت', guest: 'ضيف',
  alone: 'لا أحد غيرك هنا بعد', 'alone-hint': 'أرسل إليهم رابط هذه الصفحة.',
  'chat-empty': 'تصل الرسائل إلى كل من في المكالمة. يمررها الخادم ولا يحتفظ بها.', 'chat-placeholder': 'اكتب للجميع',
  send: 'أرسل', 'chat-from': '{name} يكتب: {text}',
  'came': 'انضم {name}', 'went': 'غادر {name}', 'hand-up': '{name} يرفع يده', 'reacts': '{name}: {text}',
  'you-are-muted': 'الميكروفون مغلق', 'mute-asked': '{name} يطلب منك إغلاق الميكروفون',
  'is-muted': 'الميكروفون مغلق', 'has-hand': 'يده مرفوعة', 'shares': '{name} يشارك الشاشة', 'you-share': 'أنت تشارك شاشتك',
  'reconnecting': 'انقطع الاتصال بالخادم. المكالمة مستمرة وتجري إعادة الاتصال …', 'reconnected': 'عاد الاتصال',
  'leg-connecting': 'جارٍ الاتصال …', 'leg-disconnected': 'انقطع الاتصال. جارٍ الوصول إلى {name} من جديد …',
  'quality-0': 'لا اتصال', 'quality-1': 'اتصال سيئ', 'quality-2': 'اتصال متوسط', 'quality-3': 'اتصال جيد',
  'cause-interrupted': 'انقطع الاتصال مع {name}', 'cause-connecting': 'جارٍ الاتصال مع {name}',
  'cause-silent': 'لا يصل شيء من {name} الآن',
  'cause-their-upload': 'الإرسال من {name} ضعيف', 'cause-their-download': 'الاستقبال لدى {name} ضعيف',
  'cause-our-download': 'الاستقبال لديك ضعيف', 'cause-our-upload': 'الإرسال من عندك ضعيف',
  'cause-far': 'صوت {name} يصل متأخرًا: {ms} مللي ثانية ذهابًا وإيابًا', 'cause-our-cpu': 'هذا الجهاز مشغول: تُصغّر صورتك',
  'ended-left': 'غادرت المكالمة', 'ended-room-full': 'في هذه المكالمة أربعة أشخاص بالفعل',
  'ended-locked': 'هذه المكالمة مقفلة', 'ended-denied': 'لم يسمح لك المضيف بالدخول', 'ended-removed': 'أخرجك المضيف من المكالمة',
  'ended-ended': 'أنهى المضيف المكالمة', 'ended-token': 'دعوتك غير صالحة أو انتهت',
  'ended-bad-room': 'هذا ليس رابط مكالمة', 'ended-version': 'هذه الصفحة أقدم من الخادم. حمّلها من جديد.',
  'ended-unreachable': 'تعذّر الوصول إلى الخادم', 'ended-other': 'تعذّر الانضمام إلى المكالمة', rejoin: 'انضم مجددًا', home: 'صفحة البداية',
  'trust': 'مشفّرة من طرف إلى طرف', 'trust-hint': 'ينتقل الصوت والصورة مباشرة بين المشاركين ولا يستطيع الخادم سماعهما أو رؤيتهما. أنت تثق بالخادم الذي أعطاك هذه الصفحة.',
  'stat-picture': 'الصورة', 'stat-rate': 'الاستقبال', 'stat-sent': 'الإرسال', 'stat-rtt': 'زمن الذهاب والإياب', 'stat-loss': 'الفقد',
  'stat-jitter': 'التذبذب', 'stat-path': 'المسار', 'path-direct': 'مباشر', 'path-relay': 'عبر مرحّل', 'keys': 'المفاتيح: M الميكروفون، V الكاميرا، C الدردشة، H اليد، S الإحصاءات',
  'hear': 'انقر لسماع الآخرين', unread: '{n} جديدة',
};

export const LANGUAGES = { en: ['English', 'ltr', en], de: ['Deutsch', 'ltr', de], ar: ['العربية', 'rtl', ar] };

let language = 'en';

export function t(key, values = {}) {
  const text = LANGUAGES[language][2][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const has = key => key in en;

// The language of the address bar (?lang=), of an earlier visit, or of the browser.
export function preferredLanguage() {
  const wishes = [new URLSearchParams(location.search).get('lang'), localStorage.getItem('language'), ...navigator.languages];
  return wishes.filter(Boolean).map(l => l.slice(0, 2).toLowerCase()).find(l => l in LANGUAGES) || 'en';
}

// Every element with data-t gets its text, with data-label its name for screen readers and its tooltip, with
// data-placeholder its placeholder.
export function speak(code) {
  language = code;
  document.documentElement.lang = code;
  document.documentElement.dir = LANGUAGES[code][1];
  document.title = t('title');
  for (const e of document.querySelectorAll('[data-t]')) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll('[data-label]')) label(e, e.dataset.label);
  for (const e of document.querySelectorAll('[data-placeholder]')) e.placeholder = t(e.dataset.placeholder);
}

export function label(element, key) {
  element.dataset.label = key;
  element.title = t(key);
  element.setAttribute('aria-label', t(key));
}
