"""What people and machines say when they answer, in the languages of espeak-ng."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One voice of espeak-ng, and what it says."""

    voice: str
    people: tuple[str, ...]
    openings: tuple[str, ...]
    middles: tuple[str, ...]
    endings: tuple[str, ...]


TUNING = (
    Language(
        "en-us",
        (
            "Hello?",
            "Yes?",
            "Hello, who is this?",
            "Miller speaking.",
            "Good morning, city library, how can I help you?",
            "Hi, this is Robert.",
            "Accounting, Susan speaking, good afternoon.",
            "Thank you for calling the city library, my name is Robert, how can I help you today?",
        ),
        (
            "Hello, you have reached the voice mail of Robert Miller.",
            "Hi, this is Susan, I am not at home right now.",
            "Thank you for calling the city library.",
        ),
        (
            "I cannot take your call at the moment.",
            "We are closed today, and open again tomorrow at nine.",
            "I am either away from my desk or on the other line.",
        ),
        (
            "Please leave your name, your number and a short message after the tone, and I will call you back.",
            "Leave a message after the beep, and have a nice day.",
        ),
    ),
    Language(
        "de",
        (
            "Hallo?",
            "Ja bitte?",
            "Müller, guten Tag.",
            "Praxis Doktor Weber, guten Morgen, was kann ich für Sie tun?",
            "Schmidt am Apparat.",
        ),
        (
            "Guten Tag, dies ist der Anrufbeantworter der Familie Müller.",
            "Hallo, hier ist die Mobilbox von Anna Schmidt.",
        ),
        (
            "Leider sind wir im Augenblick nicht zu Hause.",
            "Ich kann Ihren Anruf gerade nicht entgegennehmen.",
        ),
        (
            "Bitte hinterlassen Sie eine Nachricht nach dem Signalton, wir rufen Sie so bald wie möglich zurück.",
            "Sprechen Sie bitte nach dem Ton und nennen Sie Ihren Namen und Ihre Nummer.",
        ),
    ),
    Language(
        "fr",
        (
            "Allô?",
            "Oui, bonjour.",
            "Allô, c'est Claire.",
            "Cabinet du docteur Martin, bonjour.",
        ),
        (
            "Bonjour, vous êtes bien sur la messagerie de Claire Martin.",
            "Bonjour, vous êtes chez la famille Bernard.",
        ),
        (
            "Je ne suis pas disponible pour le moment.",
            "Nous sommes absents jusqu'à lundi prochain.",
        ),
        (
            "Laissez votre nom et votre numéro après le bip, et je vous rappellerai dès que possible.",
            "Merci de laisser un message après le signal sonore.",
        ),
    ),
)
"""What the limits of the native part were chosen with."""

HELD_OUT = (
    Language(
        "en-gb",
        (
            "Hello?",
            "Speaking.",
            "Hello, Carter and Sons, can I help you?",
            "Yes, hello, who's calling please?",
            "Eight five two, double four.",
            "Good afternoon, Carter and Sons, this is Mary, whom would you like to speak to?",
        ),
        (
            "Hello, this is the answering machine of John and Mary Carter.",
            "You are through to Carter and Sons.",
        ),
        (
            "Sorry that we missed you, we are out walking the dog.",
            "All of our lines are busy, or you are calling outside of our office hours.",
        ),
        (
            "Do speak after the long tone, and remember to tell us when you called.",
            "Please call again between nine and five, or leave a message after the beep.",
        ),
    ),
    Language(
        "es",
        (
            "¿Diga?",
            "¿Sí, dígame?",
            "Hola, soy Carmen.",
            "Hola, buenos días, ¿quién es?",
        ),
        (
            "Hola, este es el contestador de Carmen García.",
            "Ha llamado al número de la familia Pérez.",
        ),
        (
            "Ahora mismo no puedo atender su llamada.",
            "No estamos en casa hasta la semana que viene.",
        ),
        (
            "Por favor, deje su nombre y su número después de la señal, y le llamaré en cuanto pueda.",
            "Si lo desea, deje un mensaje después de oír la señal.",
        ),
    ),
    Language(
        "it",
        (
            "Pronto?",
            "Pronto, chi parla?",
            "Sì, sono Paolo.",
            "Studio Bianchi, buongiorno.",
        ),
        (
            "Risponde la segreteria telefonica di Paolo Rossi.",
            "Buongiorno, avete chiamato lo studio Bianchi.",
        ),
        (
            "In questo momento non posso rispondere.",
            "Il nostro ufficio è chiuso fino a lunedì.",
        ),
        (
            "Lasciate un messaggio dopo il segnale acustico, vi richiamerò appena possibile.",
            "Lasciate il vostro nome e il vostro numero dopo il segnale, grazie.",
        ),
    ),
    Language(
        "nl",
        (
            "Hallo?",
            "Met Jan.",
            "Goedemorgen, met De Vries.",
            "Ja, hallo, met wie spreek ik?",
        ),
        (
            "Hallo, dit is de voicemail van Jan de Vries.",
            "U bent verbonden met de familie Bakker.",
        ),
        (
            "Ik kan de telefoon nu niet opnemen.",
            "Wij zijn op dit moment niet thuis.",
        ),
        (
            "Spreek na de piep uw naam en nummer in, dan bel ik u zo snel mogelijk terug.",
            "Laat een bericht achter na de toon, alvast bedankt.",
        ),
    ),
)
"""What was never looked at while they were chosen."""

VARIANTS = ("", "+m1", "+m2", "+m3", "+m4", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5")
"""Of a voice: other people."""
