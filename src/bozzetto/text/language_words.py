"""Words and endings that give a Latin-script language away, English aside.

Own choice: small words, and the things and looks that ideas for pictures name. A word in
several lists counts for each by its share.
"""

from __future__ import annotations

__all__ = ["ENDINGS", "LANGUAGE_WORDS"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LANGUAGE_WORDS: dict[str, frozenset[str]] = {
    "it": _words(
        """il lo la gli le un uno una di del dello della dei degli delle dell al allo alla ai agli
        alle all da dal dallo dalla dai dagli dalle dall in nel nello nella nei negli nelle nell
        con su sul sullo sulla sui sugli sulle sull per tra fra e ed o ma che chi non si come
        mentre dove quando sotto sopra dentro fuori dietro davanti accanto vicino verso senza
        durante dopo prima è sono ha hanno sta stanno suo sua suoi sue loro questo questa quello
        quella molto più ogni tutto tutti due tre quattro cinque alcuni alcune uomo donna ragazzo
        ragazza ragazzi bambino bambina bambini vecchio vecchia anziano anziana giovane giovani
        signore signora re regina principessa cavaliere guerriero guerriera mago strega fata drago
        mostro angelo demone soldato pirata sirena astronauta ballerina cane cagnolino cucciolo
        gatto gattino gatta cavallo uccello pesce lupo volpe orso leone tigre coniglio topo
        farfalla cervo aquila gufo rana serpente ragno elefante scimmia gallina mucca casa casetta
        castello città villaggio strada via ponte chiesa torre finestra porta stanza cucina
        giardino tavolo sedia letto negozio ristorante bottiglia bicchiere tazza libro lampada
        orologio scarpe vestito abito cappello occhiali borsa gioielli spada armatura nave barca
        treno macchina auto bicicletta aereo astronave mare montagna montagne bosco foresta lago
        fiume spiaggia deserto isola cielo nuvole stelle luna sole tramonto alba notte pioggia neve
        nebbia vento tempesta fuoco acqua albero alberi fiore fiori foglie erba pietra ghiaccio
        autunno inverno estate primavera piccolo piccola piccoli grande grandi grosso enorme
        gigante alto alta bello bella bellissimo bellissima carino carina strano strana antico
        antica nuovo nuova rosso rossa rossi verde verdi blu azzurro azzurra giallo gialla nero
        nera bianco bianca grigio grigia marrone viola rosa dorato dorata argento scuro scura
        luminoso luminosa felice triste arrabbiato stanco solo sola abbandonato abbandonata magico
        magica misterioso misteriosa luce luci ombra ombre ritratto disegno dipinto quadro
        illustrazione fotografia foto cartone animato fumetto acquerello stile sfondo colori
        pubblicità prodotto seduto seduta dorme cammina corre vola guarda mangia legge gioca
        indossa tiene coperto circondato suona suonare nuota ride balla canta bere mangiare dormire
        correre volare giocare leggere ballare cantare combatte combattere chitarra pianoforte
        violino volto viso occhi capelli barba mano mani testa corpo cuore cibo pane formaggio vino
        torta mela frutta caffè gelato"""
    ),
    "de": _words(
        """der die das den dem des ein eine einen einem einer eines und oder aber mit ohne in im ins
        an am auf aus bei beim von vom zu zum zur nach für durch über unter neben zwischen hinter
        vor um gegen während als wie wenn ist sind hat haben wird werden nicht kein keine sich er
        sie es ich sein seine seinem seiner ihr ihre ihrem ihrer dieser diese dieses sehr auch noch
        nur viele alle zwei drei vier fünf mann frau junge mädchen kind kinder alter alte alten
        altes alt jung junger jungen junges herr dame könig königin prinzessin ritter krieger
        kriegerin zauberer hexe fee drache drachen monster engel dämon soldat pirat meerjungfrau
        astronaut hund hündchen welpe katze kätzchen kater pferd vogel vögel fisch wolf fuchs bär
        löwe tiger hase kaninchen maus schmetterling hirsch adler eule frosch schlange spinne
        elefant affe huhn kuh haus häuschen hütte schloss burg stadt dorf straße brücke kirche turm
        fenster tür zimmer wohnzimmer küche garten tisch stuhl bett laden flasche glas tasse buch
        lampe uhr schuhe kleid anzug hut brille tasche schmuck schwert rüstung schiff boot zug auto
        fahrrad flugzeug raumschiff meer see berg berge wald wälder fluss strand wüste insel himmel
        wolken sterne mond sonne sonnenuntergang sonnenaufgang nacht regen schnee nebel wind sturm
        feuer wasser baum bäume blume blumen blätter gras stein eis herbst winter sommer frühling
        klein kleiner kleine kleinen kleines groß großer große großen großes riesig riesiger
        riesige riesigen riesiges schön schöner schöne schönen schönes süß süßer süße süßes
        niedlich niedlicher niedliche seltsam seltsame neu neue neuer rot rote roter roten rotes
        grün grüne grüner grünen blau blaue blauer blauen gelb gelbe gelber schwarz schwarze
        schwarzer schwarzen weiß weiße weißer weißen grau graue braun braune lila golden goldene
        silbern dunkel dunkle dunkler dunklen hell helle leuchtend leuchtende glücklich traurig
        wütend müde einsam einsamer verlassen verlassene verlassenen magisch magische geheimnisvoll
        geheimnisvolle licht lichter schatten porträt bild zeichnung gemälde zeichentrick trickfilm
        foto aquarell stil hintergrund farben werbung produkt sitzt sitzend schläft geht läuft
        fliegt schaut isst liest spielt trägt hält tragend gekleidet umgeben gesicht augen haare
        haaren bart hand hände kopf körper herz essen spielen fahren gehen laufen fliegen schlafen
        sitzen stehen tanzen singen trinken kochen lesen malen schwimmen reiten kämpfen schweben
        gitarre klavier geige brot käse wein kuchen apfel obst kaffee gemütlich gemütliches
        gemütlicher"""
    ),
    "fr": _words(
        """le la les l un une des de du d au aux à en dans sur sous avec sans pour par entre vers
        chez
        derrière devant près contre pendant et ou mais que qui dont où ne pas plus très comme quand
        son sa ses leur leurs ce cette ces il elle ils elles on est sont a ont deux trois quatre
        cinq tout tous toute quelques plusieurs homme femme garçon fille fillette enfant enfants
        bébé vieux vieil vieille jeune jeunes monsieur dame roi reine princesse chevalier guerrier
        guerrière sorcier sorcière magicien fée dragon monstre ange démon soldat pirate sirène
        astronaute chien chienne chiot chat chaton chatte cheval oiseau poisson loup renard ours
        lion tigre lapin souris papillon cerf aigle hibou chouette grenouille serpent araignée
        éléphant singe poule vache maison maisonnette cabane château ville village rue route pont
        église tour fenêtre porte pièce chambre salon cuisine jardin table chaise lit magasin
        bouteille flacon verre tasse livre lampe horloge montre chaussures robe costume chapeau
        lunettes sac bijoux épée armure navire bateau train voiture vélo avion vaisseau mer
        montagne montagnes forêt bois lac rivière plage désert île ciel nuages étoiles lune soleil
        coucher lever nuit pluie neige brume brouillard vent tempête feu eau arbre arbres fleur
        fleurs feuilles herbe pierre glace automne hiver été printemps petit petite petits petites
        grand grande grands grandes gros grosse énorme géant géante immense beau bel belle belles
        joli jolie mignon mignonne étrange ancien ancienne nouveau nouvelle rouge vert verte bleu
        bleue jaune noir noire blanc blanche gris grise brun violet rose doré dorée argenté sombre
        lumineux lumineuse heureux heureuse triste fâché fatigué seul seule abandonné abandonnée
        magique mystérieux mystérieuse lumière lumières ombre ombres portrait dessin peinture
        tableau affiche photo photographie animé bande dessinée aquarelle style fond couleurs
        publicité produit assis assise dort marche court vole regarde mange joue tient portant
        tenant vêtu jouer manger dormir courir voler danser chanter boire lire nager guitare violon
        couvert entouré entourée visage yeux cheveux barbe main mains tête corps cœur nourriture
        pain fromage vin gâteau pomme fruits café parfum"""
    ),
    "es": _words(
        """el la los las un una unos unas de del al a en con sin por para entre hacia hasta desde
        sobre bajo tras ante contra durante y e o pero que quien cuando donde como no se su sus
        este esta estos ese esa es son está están ha hay muy más todo todos dos tres cuatro cinco
        algunos varios junto frente dentro detrás cerca lejos mientras hombre mujer chico chica
        muchacho muchacha niño niña niños viejo vieja anciano anciana joven jóvenes señor señora
        rey reina princesa caballero guerrero guerrera mago bruja hada dragón monstruo ángel
        demonio soldado pirata sirena astronauta tipo hechicero perro perrito cachorro gato gatito
        gata caballo pájaro pez lobo zorro oso león tigre conejo ratón mariposa ciervo águila búho
        rana serpiente araña elefante mono gallina vaca casa casita castillo ciudad pueblo calle
        camino puente iglesia torre ventana puerta habitación cocina jardín mesa silla cama tienda
        botella vaso taza libro lámpara reloj zapatos vestido traje sombrero gafas bolso joyas
        espada armadura barco nave tren coche bicicleta avión mar montaña montañas bosque selva
        lago río playa desierto isla cielo nubes estrellas luna sol atardecer amanecer noche lluvia
        nieve niebla viento tormenta fuego agua árbol árboles flor flores hojas hierba piedra hielo
        otoño invierno verano primavera pequeño pequeña pequeños grande grandes enorme gigante alto
        alta hermoso hermosa bonito bonita bello bella lindo linda extraño extraña antiguo antigua
        nuevo nueva rojo roja verde azul amarillo amarilla negro negra blanco blanca gris marrón
        morado rosa dorado dorada plateado oscuro oscura brillante luminoso feliz triste enojado
        cansado solo sola abandonado abandonada mágico mágica misterioso misteriosa luz luces
        sombra sombras retrato dibujo pintura cuadro cartel foto fotografía animados dibujos
        acuarela estilo fondo colores publicidad producto película sentado sentada duerme durmiendo
        camina corre vuela mira come lee juega lleva sostiene cubierto rodeado rodeada lleno llena
        hecho hecha rostro cara ojos pelo cabello barba mano manos cabeza cuerpo corazón comida pan
        queso vino pastel manzana fruta café helado"""
    ),
    "pt": _words(
        """o a os as um uma uns umas de do da dos das no na nos nas ao aos à às em num numa com sem
        por pelo pela pelos pelas para entre até desde sobre sob contra durante e ou mas que quem
        quando onde como não se seu sua seus suas este esta esse essa é são está estão há tem muito
        muita mais todo todos dois duas três quatro cinco alguns vários junto dentro atrás perto
        longe enquanto homem mulher menino menina garoto garota rapaz moça criança crianças velho
        velha idoso idosa jovem jovens senhor senhora rei rainha princesa cavaleiro guerreiro
        guerreira mago bruxa fada dragão monstro anjo demônio soldado pirata sereia astronauta
        feiticeiro cão cachorro cachorrinho filhote gato gatinho gata cavalo pássaro peixe lobo
        raposa urso leão tigre coelho rato borboleta veado águia coruja sapo rã cobra aranha
        elefante macaco galinha vaca casa casinha castelo cidade aldeia vila rua estrada ponte
        igreja torre janela porta quarto sala cozinha jardim mesa cadeira cama loja garrafa frasco
        copo xícara livro lâmpada relógio sapatos vestido terno chapéu óculos bolsa joias espada
        armadura navio barco trem carro bicicleta avião nave mar montanha montanhas bosque floresta
        lago rio praia deserto ilha céu nuvens estrelas lua sol noite chuva neve neblina névoa
        vento tempestade fogo água árvore árvores flor flores folhas grama pedra gelo outono
        inverno verão primavera pôr pequeno pequena pequenos grande grandes enorme gigante alto
        alta bonito bonita belo bela lindo linda fofo fofa estranho estranha antigo antiga novo
        nova vermelho vermelha verde azul amarelo amarela preto preta negro branco branca cinza
        marrom roxo rosa dourado dourada prateado escuro escura brilhante luminoso feliz triste
        zangado cansado sozinho sozinha abandonado abandonada mágico mágica misterioso misteriosa
        luz luzes sombra sombras retrato desenho pintura quadro cartaz foto fotografia animado
        aquarela estilo fundo cores publicidade produto filme sentado sentada dorme dormindo
        caminha corre voa olha come lê brinca veste segura brincar jogar comer dormir correr voar
        dançar cantar beber ler nadar violão coberto cercado cercada cheio cheia feito feita rosto
        cara olhos cabelo cabelos barba mão mãos cabeça corpo coração comida pão queijo vinho bolo
        maçã fruta café sorvete"""
    ),
}

ENDINGS: dict[str, frozenset[str]] = {
    "it": _words(
        """zione zioni etto etta etti ette ello elli ella ggio ggia gli gna gno cchi cchio ità
        issimo issima ando endo ato ata ati uto uta oso osa osi ezza izia aio aia iere zzo zza
        tto tta tti ssa llo lla nti nte ino ina ini one oni ico ica ale ali chi che io ia ii"""
    ),
    "de": _words(
        """ung ungen keit heit lich liche licher liches lichen isch ische ischer isches ischen
        schaft chen lein end ende ender endes enden icht acht uch ach eich ig ige iger igen iges
        em en er tz pf ck cht sch kraft zeug stoff"""
    ),
    "fr": _words(
        """eau eaux eux euse euses oir oire ois oise ette ettes elle elles ique iques aux tion ée
        ées és é eur eurs ant ants ante antes ent ents age ages ier ière ières ouse oux ais aise
        ain aine ien ienne if ive ure ures esse isse que z"""
    ),
    "es": _words(
        """ción ciones dad dades illo illa illos illas ito ita itos itas ando iendo ado ada ados
        adas ido ida idos idas oso osa osos osas ero era eros eras ente entes ante antes ería ón
        ones uelo uela aje ble bles ico ica icos icas anza eza ujo os as les res nes"""
    ),
    "pt": _words(
        """ção ções dade dades inho inha inhos inhas ando endo indo ado ada ados adas ido ida idos
        idas oso osa osos osas eiro eira eiros eiras agem agens ão ões ãe nho nha lho lha lhos
        lhas vel veis ante antes ente entes ico ica eza ança oura ouro os as em im um"""
    ),
}
"""Endings of words by language, the telling ones; each counts for the languages it is in."""
